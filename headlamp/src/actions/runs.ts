import type { Customer, Run } from '../api/resources';
import { labels } from '../api/types';
import { create } from '../api/writes';

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

const creators = 8;

/** Creates a run for each customer, a few at a time. One that is refused keeps no other back. */
export async function ask(
  customers: Customer[],
  told: (asked: Asked) => void,
  make: typeof create = create
): Promise<void> {
  const waiting = [...customers];
  const work = async () => {
    for (let customer = waiting.shift(); customer; customer = waiting.shift()) {
      try {
        const { metadata } = await make('LicenseSync', newRun(customer));
        told({ customer, run: { namespace: metadata.namespace, name: metadata.name } });
      } catch (error) {
        told({ customer, error: (error as Error).message });
      }
    }
  };
  await Promise.all(Array.from({ length: creators }, work));
}
