import type { Assignment, Customer } from '../../api/resources';

/** The licence that an assignment means, by its name in Webex if that is known. */
export function licenseOf({ spec, status }: Assignment): string | undefined {
  return status?.license?.name ?? spec.license.name ?? spec.license.offerCode;
}

/** Where the people come from, as numbers: who they are stays with the lists. */
export function sources({ spec: { subjects } }: Assignment): string[] {
  const count = (number: number | undefined, one: string, many: string) =>
    number ? [number === 1 ? `1 ${one}` : `${number.toLocaleString()} ${many}`] : [];
  return [
    ...count(subjects.emails?.length, 'address in the assignment', 'addresses in the assignment'),
    ...(subjects.emailsFrom ?? []).map(
      from => `${from.kind ?? 'Secret'} ${from.name}, key ${from.key ?? 'emails'}`
    ),
    ...(subjects.groups ?? []).map(group => `group ${group}`),
    ...(subjects.locations ?? []).map(location => `location ${location}`),
  ];
}

/** One of the three locks, all of which have to be open before Webex is changed. */
export interface Lock {
  name: string;
  /** undefined if the objects do not tell. */
  open: boolean | undefined;
  how: string;
}

/** The three locks, as far as the objects tell which are open. */
export function locks(assignment: Assignment, customer: Customer | undefined): Lock[] {
  const { spec, status } = assignment;
  const others = spec.mode === 'Enforce' && customer?.spec.assignment !== undefined;
  const reason = status?.verdict?.reason;
  return [
    {
      name: 'Operator',
      // It shows only once the others are open: a verdict then says whether writing is locked.
      open: others && reason !== undefined ? reason !== 'WritingLocked' : undefined,
      how: 'the flag --enable-assignment of the operator',
    },
    {
      name: 'Customer',
      open: customer && customer.spec.assignment !== undefined,
      how: 'spec.assignment of the customer, with write credentials',
    },
    {
      name: 'Assignment',
      open: spec.mode === 'Enforce',
      how: 'spec.mode: Enforce of the assignment',
    },
  ];
}
