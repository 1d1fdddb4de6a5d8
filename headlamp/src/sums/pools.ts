import type { Customer, Row } from '../api/resources';
import { Figures, figures, plus } from './figures';
import { Selection, selects, selectsFormer } from './selection';
import { compareText, lower } from './words';

/**
 * One licence of one customer: what was bought together, and what the organization's people and
 * workspaces draw from. Its figures are those of the row at level Customer. Rows of locations repeat
 * the pool's total; where they are all there is, it is taken from them once, and what is in use is
 * at least what they use.
 */
export interface Pool extends Figures {
  license: string;
  offerCode: string;
  class: 'Purchased' | 'Included';
  namespace: string;
  customer: string;
  hierarchyPath: string;
  subscriptionID: string;
  siteURL: string;
  licenseID: string;
  locations: number;
  assignable: string;
  withoutLocation?: number;
  residual?: number;
  places: Row[];
  /** When the row was written last, in seconds. */
  changed: number;
  /** When the locations were counted. */
  walked?: string;
}

/** The key of parts that hold no NUL, as no name does. */
export function key(...parts: string[]): string {
  return parts.join('\u0000');
}

function seconds(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Math.floor(Date.parse(time) / 1000);
}

/** Whether Webex no longer lists what a row shows: its removal is held, and it is in no sum. */
export function superseded(row: Row): boolean {
  return row.status?.superseded === true;
}

/** Gathers rows to pools, in the order of the CLI. */
export function poolsOf(customers: Customer[], rows: Row[], selection: Selection): Pool[] {
  const known = new Map(customers.map(c => [key(c.metadata.namespace, c.metadata.name), c]));
  const wanted = new Set(customers.filter(customer => selects(selection, customer)));
  const found = new Map<string, { whole?: Row; places: Row[]; customer?: Customer }>();
  for (const row of distinct(rows)) {
    const name = row.spec.customerAccessRef.name;
    const customer = known.get(key(row.metadata.namespace, name));
    if (customer ? !wanted.has(customer) : !selectsFormer(selection, name)) {
      continue;
    }
    const id = key(row.metadata.namespace, name, row.spec.licenseID);
    const parts = found.get(id) ?? { places: [], customer };
    found.set(id, parts);
    if (row.spec.level === 'Site') {
      parts.places.push(row);
    } else {
      parts.whole = row;
    }
  }
  const pools = [...found.values()].map(({ whole, places, customer }) =>
    poolOf(whole, places, customer)
  );
  const folded = new Map(pools.map(pool => [pool, lower(pool.license)]));
  return pools.sort(
    (a, b) =>
      compareText(b.class, a.class) ||
      compareText(folded.get(a)!, folded.get(b)!) ||
      compareText(a.hierarchyPath, b.hierarchyPath) ||
      compareText(a.customer, b.customer) ||
      compareText(a.namespace, b.namespace) ||
      compareText(a.subscriptionID, b.subscriptionID) ||
      compareText(a.siteURL, b.siteURL) ||
      compareText(a.licenseID, b.licenseID)
  );
}

/**
 * Drops what Webex no longer lists, and the second of two rows with one identity, which a run that
 * worked by an old cache can leave behind until the next one repairs it. As there, the older stays.
 */
export function distinct(rows: Row[]): Row[] {
  const kept = new Map<string, Row>();
  for (const row of rows) {
    if (superseded(row)) {
      continue;
    }
    const { customerAccessRef, licenseID, level, locationID = '' } = row.spec;
    const id = key(row.metadata.namespace, customerAccessRef.name, licenseID, level, locationID);
    const other = kept.get(id);
    if (!other || older(row, other)) {
      kept.set(id, row);
    }
  }
  return [...kept.values()];
}

function older(a: Row, b: Row): boolean {
  const at = Date.parse(a.metadata.creationTimestamp) - Date.parse(b.metadata.creationTimestamp);
  return (at || compareText(a.metadata.name, b.metadata.name)) < 0;
}

function poolOf(whole: Row | undefined, places: Row[], customer: Customer | undefined): Pool {
  const row = whole ?? newest(places);
  const status = row.status ?? {};
  return {
    ...(whole ? wholeFigures(whole) : placeFigures(row, places)),
    license: status.name ?? '',
    offerCode: status.offerCode ?? '',
    class: status.class ?? 'Included',
    namespace: row.metadata.namespace,
    customer: row.spec.customerAccessRef.name,
    hierarchyPath: customer?.spec.hierarchyPath ?? '',
    subscriptionID: status.subscriptionID ?? '',
    siteURL: status.siteURL ?? '',
    licenseID: row.spec.licenseID,
    locations: places.length,
    assignable: status.assignableReason ?? '',
    withoutLocation: whole?.status?.unitsWithoutLocation,
    residual: whole?.status?.residualUnits,
    places,
    changed: seconds(status.lastChangeTime) ?? 0,
    walked: customer?.status?.lastWalkTime,
  };
}

function wholeFigures({ status = {} }: Row): Figures {
  return figures(
    status.totalUnits,
    status.consumedUnits,
    status.consumedByUsers,
    status.consumedByWorkspaces
  );
}

function placeFigures(row: Row, places: Row[]): Figures {
  const sum = (of: 'consumedUnits' | 'consumedByUsers' | 'consumedByWorkspaces') =>
    places.reduce<number | undefined>((units, place) => plus(units, place.status?.[of]), undefined);
  return {
    ...figures(
      row.status?.totalUnits,
      sum('consumedUnits'),
      sum('consumedByUsers'),
      sum('consumedByWorkspaces')
    ),
    atLeast: true,
  };
}

/** The row that was written last: of several that repeat a figure, the one to believe. */
function newest(rows: Row[]): Row {
  const time = (row: Row) => seconds(row.status?.lastChangeTime) ?? -Infinity;
  return rows.reduce((a, b) => (time(b) > time(a) ? b : a));
}
