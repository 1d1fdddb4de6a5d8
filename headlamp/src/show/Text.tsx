/** A name from Webex: text of any direction, which does not turn what is beside it around. */
export function Text({ children }: { children: string | undefined }) {
  return <bdi style={{ overflowWrap: 'anywhere' }}>{children}</bdi>;
}
