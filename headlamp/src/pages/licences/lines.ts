import type { Snapshot } from '../../api/collection';
import type { Customer, Row } from '../../api/resources';
import { condition } from '../../show/condition';
import { level } from '../../show/Figure';
import { key, superseded } from '../../sums/pools';

/** A licence row, with what other objects tell of it. */
export interface Line {
  row: Row;
  customer?: Customer;
  /** Whether a customer that was deleted left the row behind. */
  former: boolean;
  /** The row of the whole organization: what locations share. */
  pool?: Row;
  /** Whether the pool is near its limit or over it. */
  near: boolean;
  /** What a word is looked for in. */
  text: string;
}

/** What the address asks for. */
export interface Filter {
  level: string;
  find: string;
  customer: string;
  location: string;
  subscription: string;
  class: string;
  assignable: string;
  use: string;
}

export const noFilter: Filter = {
  level: '',
  find: '',
  customer: '',
  location: '',
  subscription: '',
  class: '',
  assignable: '',
  use: '',
};

/** All rows as lines. */
export function linesOf(customers: Snapshot<Customer>, rows: Row[]): Line[] {
  const known = new Map(customers.items.map(c => [key(c.metadata.namespace, c.metadata.name), c]));
  const pools = new Map<string, Row>();
  for (const row of rows) {
    if (row.spec.level === 'Customer' && !superseded(row)) {
      pools.set(poolKey(row), row);
    }
  }
  return rows.map(row => {
    const { name } = row.spec.customerAccessRef;
    const customer = known.get(key(row.metadata.namespace, name));
    const pool = row.spec.level === 'Customer' ? row : pools.get(poolKey(row));
    return {
      row,
      customer,
      former: customers.complete && !customer,
      pool,
      near: near(pool, customer),
      text: [row.status?.name, row.status?.location, name, customer?.spec.customerName]
        .join('\n')
        .toLowerCase(),
    };
  });
}

function poolKey({ metadata, spec }: Row): string {
  return key(metadata.namespace, spec.customerAccessRef.name, spec.licenseID);
}

function near(pool: Row | undefined, customer: Customer | undefined): boolean {
  if (!pool || pool.status?.class !== 'Purchased' || superseded(pool)) {
    return false;
  }
  const capacity = condition(pool.status.conditions, 'CapacityOK');
  if (capacity) {
    return capacity.status === 'False';
  }
  const { totalUnits, consumedUnits } = pool.status;
  return level(totalUnits, consumedUnits, customer?.spec.thresholds) !== 'ok';
}

/** The lines that a filter leaves. */
export function shown(lines: Line[], filter: Filter): Line[] {
  const word = filter.find.toLowerCase();
  const site = filter.level === 'Site';
  return lines.filter(
    ({ row: { spec, status }, near, text }) =>
      (spec.level === 'Site') === site &&
      (!filter.customer || spec.customerAccessRef.name === filter.customer) &&
      (!site || !filter.location || status?.location === filter.location) &&
      (!filter.subscription || status?.subscriptionID === filter.subscription) &&
      (!filter.class || status?.class === filter.class) &&
      (!filter.assignable || (status?.assignable === true) === (filter.assignable === 'yes')) &&
      (filter.use !== 'near' || near) &&
      text.includes(word)
  );
}

const reasons: Record<string, string> = {
  Assignable: 'Yes',
  DefaultSubscriptionRequired: 'No: several subscriptions and no default',
  DefaultSiteURLRequired: 'No: several site URLs and no default',
  DefaultNotFound: 'No: the default chosen does not exist',
  OtherSubscription: 'No: other subscription than the default',
  OtherSiteURL: 'No: other site URL than the default',
  Superseded: 'No: no longer in Webex',
};

/** Whether the licence can be assigned to people, and else why not. */
export function assignable({ status }: Row): string | undefined {
  const reason = status?.assignableReason;
  return reason && (reasons[reason] ?? `No: ${reason}`);
}

/** When the units of a row were told by Webex, or counted. */
export function asOf({ row, customer }: Line): string | undefined {
  return row.spec.level === 'Site'
    ? customer?.status?.lastWalkTime
    : customer?.status?.lastSuccessfulSyncTime;
}

/** What is left: of a row of a location, in the pool that it shares with the others. */
export function available({ row, pool }: Line): number | undefined {
  return (row.spec.level === 'Site' ? pool : row)?.status?.availableUnits;
}

/** The distinct values of something, sorted. */
export function choices(lines: Line[], of: (line: Line) => string | undefined): string[] {
  const found = new Set<string>();
  lines.forEach(line => found.add(of(line) ?? ''));
  found.delete('');
  return [...found].sort(new Intl.Collator(undefined, { numeric: true }).compare);
}
