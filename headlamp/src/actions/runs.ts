import type { Customer, Run } from '../api/resources';
import { labels } from '../api/types';
import { create } from '../api/writes';
import { each } from './each';

// A run that a person asked for is kept a day, as kubectl webex keeps it.
const keepSeconds = 24 * 60 * 60;

/** A run of a customer that a person asked for, as kubectl webex sync creates it. */
export function newRun({ metadata: { namespace, name } }: Customer) {
  return {
    metadata: {
      namespace,
      generateName: `${name}-`,
      labels: { [labels.customer]: name, [labels.trigger]: 'Manual' },
    },
    spec: {
      customerAccessRef: { name },
      trigger: 'Manual' as const,
      ttlSecondsAfterFinished: keepSeconds,
    } as Run['spec'],
  };
}

/** A run like one that has ended, with the limits of that. */
export function again(old: Run, customer: Customer) {
  const run = newRun(customer);
  const { activeDeadlineSeconds, backoffLimit, ttlSecondsAfterFinished } = old.spec;
  run.spec = {
    ...run.spec,
    ...(activeDeadlineSeconds !== undefined && { activeDeadlineSeconds }),
    ...(backoffLimit !== undefined && { backoffLimit }),
    ...(ttlSecondsAfterFinished !== undefined && { ttlSecondsAfterFinished }),
  };
  return run;
}

/** What became of asking for a run of a customer: the run, or why there is none. */
export interface Asked {
  customer: Customer;
  run?: { namespace: string; name: string };
  error?: string;
}

/** Creates a run for each customer. */
export function ask(customers: Customer[], told: (asked: Asked) => void): Promise<void> {
  return each(
    customers,
    customer => create('LicenseSync', newRun(customer)),
    (customer, run, error) =>
      told({
        customer,
        ...(run && { run: { namespace: run.metadata.namespace, name: run.metadata.name } }),
        ...(error && { error: error.message }),
      })
  );
}
