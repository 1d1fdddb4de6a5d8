import { describe, expect, it, vi } from 'vitest';
import type { Snapshot } from '../../api/collection';
import type { Customer, Row } from '../../api/resources';
import { inOrder } from '../../show/Table';
import { columnsOf } from './columns';
import { asOf, assignable, available, choices, Filter, linesOf, noFilter, shown } from './lines';
import { sumOf } from './sum';

// What columns show is Headlamp's; what they are sorted by is tested here.
vi.mock('@kinvolk/headlamp-plugin/lib', () => ({}));
vi.mock('@kinvolk/headlamp-plugin/lib/CommonComponents', () => ({ Link: null }));

function snapshot<T>(items: T[], complete = true): Snapshot<T> {
  return { items, complete, remaining: 0, error: null };
}

function metadata(name: string) {
  return { name, namespace: 'webex', uid: name, resourceVersion: '1', creationTimestamp: '' };
}

const acme: Customer = {
  metadata: metadata('acme'),
  spec: { customerName: 'Acme Corporation', credentialsSecretRef: { name: 'acme' } },
  status: {
    lastSuccessfulSyncTime: '2026-03-10T09:00:00Z',
    lastWalkTime: '2026-03-09T09:00:00Z',
  },
};

function row(
  license: string,
  location: string,
  status: Row['status'] = {},
  customer = 'acme'
): Row {
  return {
    metadata: metadata(`${customer}-${license}-${location}`),
    spec: {
      customerAccessRef: { name: customer },
      level: location ? 'Site' : 'Customer',
      licenseID: license,
      locationID: location || undefined,
    },
    status: {
      name: license,
      location: location || 'Acme Corporation',
      class: 'Purchased',
      subscriptionID: 's1',
      totalUnits: 100,
      consumedUnits: 10,
      availableUnits: 90,
      assignable: true,
      assignableReason: 'Assignable',
      ...status,
    },
  };
}

const capacity = (status: 'True' | 'False') => [
  { type: 'CapacityOK', status, reason: 'Warning', message: '', lastTransitionTime: '' },
];

const rows = [
  row('Calling', '', { consumedUnits: 120, availableUnits: -20, conditions: capacity('False') }),
  row('Calling', 'Paris', { consumedUnits: 70, availableUnits: 30 }),
  row('Calling', 'Rome', { consumedUnits: 50, availableUnits: 50 }),
  // More than 80 percent, which the customer's own thresholds allow.
  row('Meetings', '', { consumedUnits: 85, availableUnits: 15, conditions: capacity('True') }),
  row('Free', '', { class: 'Included', consumedUnits: 100, subscriptionID: undefined }),
  row('Old', '', { superseded: true, assignable: false, assignableReason: 'Superseded' }),
  row('Left', '', { assignable: false, assignableReason: 'OtherSubscription' }, 'gone'),
];
const lines = linesOf(snapshot([acme]), rows);

const left = (filter: Partial<Filter>) =>
  shown(lines, { ...noFilter, ...filter }).map(line => line.row.metadata.name);

describe('shown', () => {
  it.each<[Partial<Filter>, string[]]>([
    [{}, ['acme-Calling-', 'acme-Meetings-', 'acme-Free-', 'acme-Old-', 'gone-Left-']],
    [{ level: 'Site' }, ['acme-Calling-Paris', 'acme-Calling-Rome']],
    [{ level: 'Site', location: 'Rome' }, ['acme-Calling-Rome']],
    [{ location: 'Rome', customer: 'gone' }, ['gone-Left-']],
    [{ find: 'CORPOR', use: 'near' }, ['acme-Calling-']],
    [{ level: 'Site', use: 'near' }, ['acme-Calling-Paris', 'acme-Calling-Rome']],
    [{ class: 'Included' }, ['acme-Free-']],
    [{ assignable: 'no' }, ['acme-Old-', 'gone-Left-']],
    [{ assignable: 'yes', subscription: 's1' }, ['acme-Calling-', 'acme-Meetings-']],
    [{ find: 'no such' }, []],
  ])('%j', (filter, want) => {
    expect(left(filter)).toEqual(want);
  });
});

it('goes by thresholds where a row does not say whether it is near its limit', () => {
  const plain = row('Meetings', '', { consumedUnits: 85 });
  const near = (customer: Customer) => linesOf(snapshot([customer]), [plain])[0].near;
  expect(near(acme)).toBe(true);
  expect(near({ ...acme, spec: { ...acme.spec, thresholds: { warningPercent: 90 } } })).toBe(false);
});

it('takes rows for left behind only once all customers are known', () => {
  expect(lines.filter(line => line.former).map(line => line.row.metadata.name)).toEqual([
    'gone-Left-',
  ]);
  expect(linesOf(snapshot([acme], false), rows).some(line => line.former)).toBe(false);
});

it('tells the age by the level, and what is left of the pool that locations share', () => {
  expect(lines.slice(0, 2).map(asOf)).toEqual(['2026-03-10T09:00:00Z', '2026-03-09T09:00:00Z']);
  expect(lines.slice(0, 3).map(available)).toEqual([-20, -20, -20]);
  const [alone] = linesOf(snapshot([acme]), [rows[1]]);
  expect(available(alone)).toBeUndefined();
});

it('says in words why a licence is not assignable', () => {
  expect(lines.slice(4).map(line => assignable(line.row))).toEqual([
    'Yes',
    'No: no longer in Webex',
    'No: other subscription than the default',
  ]);
});

it('offers each value once, in order', () => {
  expect(choices(lines, line => line.row.status?.subscriptionID)).toEqual(['s1']);
  expect(choices(lines, line => line.row.spec.customerAccessRef.name)).toEqual(['acme', 'gone']);
});

describe('sumOf', () => {
  const sum = (filter: Partial<Filter>) =>
    sumOf(shown(lines, { ...noFilter, ...filter }), { ...noFilter, ...filter });
  it('adds up purchased licences, and says what is in no sum', () => {
    expect(sum({})).toEqual([
      '3 licences of 1 customer; of purchased licences 200 units bought, 205 in use, -5 available, 20 over-assigned.',
      '1 row that Webex no longer lists: in no sum.',
      '1 row left behind by deleted customers: in no sum.',
    ]);
  });
  it('counts what a deleted customer left behind if it is asked for by name', () => {
    expect(sum({ customer: 'gone' })).toEqual([
      '1 licence of 1 customer; of purchased licences 100 units bought, 10 in use, 90 available.',
    ]);
  });
  it('never adds the pools of locations up', () => {
    expect(sum({ level: 'Site' })[0]).toMatch(
      /^1 licence of 1 customer; of purchased licences 120 units in use at 2 locations\. What was bought is shared/
    );
  });
});

it('sorts by each column', () => {
  const columns = columnsOf(false);
  const by = (order: string) =>
    inOrder(shown(lines, noFilter), columns, order).map(line => line.row.status?.name);
  expect(by('license')).toEqual(['Calling', 'Free', 'Left', 'Meetings', 'Old']);
  expect(by('-consumed')).toEqual(['Calling', 'Free', 'Meetings', 'Old', 'Left']);
  expect(by('as-of').at(-1)).toBe('Left');
});
