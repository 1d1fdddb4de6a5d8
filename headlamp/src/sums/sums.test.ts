import { describe, expect, it } from 'vitest';
import type { Customer, Row } from '../api/resources';
import { Licence, Rollup } from './licences';
import { Place, places, sumPlaces } from './places';
import type { Pool } from './pools';
import type { Selection } from './selection';

// What `kubectl webex licenses -A -o json` wrote, and of which objects: a Go test of the CLI holds
// the files to the command.
const files = import.meta.glob<Golden>('./testdata/*.json', { eager: true, import: 'default' });

interface Golden {
  customers: Customer[];
  rows: Row[];
  cases: {
    selection: Selection;
    level: 'Customer' | 'Site';
    pools?: boolean;
    document: { totals: unknown; items: Record<string, unknown>[] };
  }[];
}

// A document leaves out what is empty, and a pool here knows more than it tells there.
const told = (value: unknown) =>
  JSON.parse(JSON.stringify(value, (_, inner) => (inner === '' ? undefined : inner)));

const tightest = (pool: Pool | undefined) =>
  pool && {
    namespace: pool.namespace,
    customer: pool.customer,
    subscriptionID: pool.subscriptionID,
    siteURL: pool.siteURL,
    totalUnits: pool.totalUnits,
    consumedUnits: pool.consumedUnits,
    availableUnits: pool.availableUnits,
    utilizationPercent: pool.utilizationPercent,
  };

const licence = (line: Licence) => ({
  ...line,
  atLeast: line.atLeast || undefined,
  unknownPools: line.unknownPools || undefined,
  otherNames: line.otherNames.length > 0 ? line.otherNames : undefined,
  tightest: tightest(line.tightest),
});

const pool = (line: Pool) => ({
  ...line,
  atLeast: line.atLeast || undefined,
  places: undefined,
  withoutLocation: undefined,
  residual: undefined,
  changed: undefined,
  walked: undefined,
});

function documentOf(rollup: Rollup, { level, pools }: Golden['cases'][number]) {
  if (level === 'Site') {
    const items: Place[] = places(rollup);
    return told({ totals: sumPlaces(items), items });
  }
  const items = pools ? rollup.pools().map(pool) : rollup.licences().map(licence);
  return told({ totals: rollup.totals(), items });
}

it('has fleets to add up', () => {
  expect(Object.keys(files).length).toBeGreaterThan(2);
});

describe.each(Object.entries(files))('%s', (_, golden) => {
  it.each(golden.cases.map(one => [JSON.stringify({ ...one, document: undefined }), one] as const))(
    '%s',
    (_, one) => {
      const rollup = new Rollup(golden.customers, golden.rows, one.selection);
      const { totals, items } = one.document;
      expect(documentOf(rollup, one)).toStrictEqual({ totals, items });
    }
  );
});
