import type { Customer } from '../api/resources';
import { condition } from './condition';

/** What a customer can ask a person for, by its conditions. */
export const concerns: { value: string; label: string; is(customer: Customer): boolean }[] = [
  { value: 'failing', label: 'Not ready', is: c => isStatus(c, 'Ready', 'False') },
  { value: 'stale', label: 'With old figures', is: c => isStatus(c, 'DataFresh', 'False') },
  {
    value: 'limit',
    label: 'Near or over a limit',
    is: c => isStatus(c, 'CapacityOK', 'False'),
  },
  { value: 'held', label: 'With a held removal', is: c => isStatus(c, 'PruneHeld', 'True') },
  {
    value: 'credentials',
    label: 'With credentials that are refused or end',
    is: c =>
      isStatus(c, 'CredentialsValid', 'False') ||
      ['ExpiresSoon', 'RefreshRefused'].includes(
        condition(c.status?.conditions, 'CredentialsValid')?.reason ?? ''
      ),
  },
  {
    value: 'run',
    label: 'Whose last run failed',
    is: c => !['Succeeded', 'Canceled', undefined].includes(c.status?.lastRun?.reason),
  },
  {
    value: 'defaults',
    label: 'Without a default',
    is: c => isStatus(c, 'DefaultsResolved', 'False'),
  },
  { value: 'suspended', label: 'Suspended', is: c => c.spec.suspend === true },
];

function isStatus(customer: Customer, type: string, status: string): boolean {
  return condition(customer.status?.conditions, type)?.status === status;
}
