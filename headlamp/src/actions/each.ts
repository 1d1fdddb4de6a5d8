// What a person asks of hundreds of objects is not to hold up what others ask of the API server.
const atOnce = 8;

/**
 * Does the same with each of several things, a few at a time, and tells of each how it went. One that
 * is refused keeps no other back.
 */
export async function each<T, R>(
  things: T[],
  work: (thing: T) => Promise<R>,
  told: (thing: T, result: R | undefined, error: Error | undefined) => void
): Promise<void> {
  const waiting = [...things];
  const worker = async () => {
    for (let thing = waiting.shift(); thing !== undefined; thing = waiting.shift()) {
      try {
        told(thing, await work(thing), undefined);
      } catch (error) {
        told(thing, undefined, error as Error);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** Does the same with each of several things. If some are refused, it says how many, and why the first was. */
export async function all<T>(things: T[], work: (thing: T) => Promise<unknown>): Promise<void> {
  const errors: Error[] = [];
  await each(things, work, (_, __, error) => error && errors.push(error));
  if (errors.length > 0 && things.length > 1) {
    const refused = `${errors.length.toLocaleString()} of ${things.length.toLocaleString()}`;
    throw new Error(`${refused} were refused. The first: ${errors[0].message}`);
  }
  if (errors.length > 0) {
    throw errors[0];
  }
}
