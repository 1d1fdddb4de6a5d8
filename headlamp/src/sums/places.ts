import { percent, plus } from './figures';
import { add, names, Rollup } from './licences';
import { key, Pool } from './pools';
import { wantsLocation } from './selection';
import { compareText, lower } from './words';

/**
 * What a line at level Site is about: a Webex location; people and workspaces without one; or units
 * that no person and no workspace explains.
 */
export type Placing = 'Location' | 'WithoutLocation' | 'Unexplained';

/** The use of one product at one location of one customer. */
export interface Place {
  license: string;
  offerCode: string;
  class: Pool['class'];
  namespace: string;
  customer: string;
  hierarchyPath: string;
  placing: Placing;
  location: string;
  locationID: string;
  /** When the units here were counted; figures of the pool are of the last complete run. */
  lastWalkTime?: string;
  consumedUnits?: number;
  consumedByUsers?: number;
  consumedByWorkspaces?: number;
  /** The share of the pool that is in use here, rounded down. */
  sharePercent?: number;
  /** What was bought for all locations of the customer together, and is left: never added up. */
  poolTotalUnits?: number;
  poolAvailableUnits?: number;
  pools: number;
}

/** Sums over places. */
export interface PlaceTotals {
  customers: number;
  licenses: number;
  locations: number;
  consumedUnits: number;
}

/** One line for each product at each location of each customer. With a mark, those that draw from a pool below it. */
export function places(rollup: Rollup): Place[] {
  return rollup.products.flatMap(product => {
    const [name] = names(product);
    const byCustomer = new Map<string, Pool[]>();
    for (const pool of product) {
      add(byCustomer, key(pool.namespace, pool.customer), pool);
    }
    return [...byCustomer.values()]
      .filter(pools => pools.some(rollup.scarce))
      .flatMap(pools => placesOf(rollup, name, pools));
  });
}

/** Adds up places. Their pools it does not: each appears at several. */
export function sumPlaces(lines: Place[]): PlaceTotals {
  const customers = new Set<string>();
  const products = new Set<string>();
  const locations = new Set<string>();
  let consumedUnits = 0;
  for (const line of lines) {
    customers.add(key(line.namespace, line.customer));
    products.add(key(line.class, line.offerCode, line.license));
    if (line.placing === 'Location') {
      locations.add(key(line.namespace, line.customer, line.locationID));
    }
    if (line.class === 'Purchased') {
      consumedUnits += line.consumedUnits ?? 0;
    }
  }
  return {
    customers: customers.size,
    licenses: products.size,
    locations: locations.size,
    consumedUnits,
  };
}

function placesOf({ selection }: Rollup, name: string, pools: Pool[]): Place[] {
  const lines = new Map<string, Place>();
  for (const row of pools.flatMap(pool => pool.places)) {
    const { locationID = '' } = row.spec;
    const { location = '', ...status } = row.status ?? {};
    if (!wantsLocation(selection, locationID, location)) {
      continue;
    }
    const line = lines.get(locationID) ?? {
      ...newPlace(name, pools, 'Location'),
      location,
      locationID,
    };
    lines.set(locationID, line);
    line.pools++;
    line.consumedUnits = plus(line.consumedUnits, status.consumedUnits);
    line.consumedByUsers = plus(line.consumedByUsers, status.consumedByUsers);
    line.consumedByWorkspaces = plus(line.consumedByWorkspaces, status.consumedByWorkspaces);
  }
  const sorted = [...lines.values()].sort(
    (a, b) =>
      compareText(lower(a.location), lower(b.location)) || compareText(a.locationID, b.locationID)
  );
  if (!selection.location) {
    sorted.push(...rests(name, pools));
  }
  const figures = poolFigures(pools);
  return sorted.map(line => ({ ...line, ...figures, sharePercent: shareOf(line, figures) }));
}

function shareOf({ consumedUnits }: Place, { poolTotalUnits }: PoolFigures): number | undefined {
  return poolTotalUnits === undefined || consumedUnits === undefined
    ? undefined
    : percent(consumedUnits, poolTotalUnits);
}

/** What is in use at no location. */
function rests(name: string, pools: Pool[]): Place[] {
  const sum = (of: 'withoutLocation' | 'residual') =>
    pools.reduce<number | undefined>((units, pool) => plus(units, pool[of]), undefined);
  const rest = (placing: Placing, consumedUnits: number | undefined): Place[] =>
    consumedUnits
      ? [{ ...newPlace(name, pools, placing), consumedUnits, pools: pools.length }]
      : [];
  return [
    ...rest('WithoutLocation', sum('withoutLocation')),
    ...rest('Unexplained', sum('residual')),
  ];
}

type PoolFigures = Pick<Place, 'poolTotalUnits' | 'poolAvailableUnits'>;

/**
 * What was bought and what is left over pools, unknown if one of them is: what is left where only
 * locations were counted is not known either.
 */
function poolFigures(pools: Pool[]): PoolFigures {
  if (pools.some(pool => pool.totalUnits === undefined)) {
    return {};
  }
  const unknown = pools.some(pool => pool.availableUnits === undefined || pool.atLeast);
  const sum = (of: 'totalUnits' | 'availableUnits') =>
    pools.reduce((units, pool) => units + pool[of]!, 0);
  return {
    poolTotalUnits: sum('totalUnits'),
    poolAvailableUnits: unknown ? undefined : sum('availableUnits'),
  };
}

function newPlace(license: string, pools: Pool[], placing: Placing): Place {
  const { namespace, customer, hierarchyPath, walked } = pools[0];
  return {
    license,
    offerCode: pools.find(pool => pool.offerCode)?.offerCode ?? '',
    class: pools[0].class,
    namespace,
    customer,
    hierarchyPath,
    placing,
    location: '',
    locationID: '',
    lastWalkTime: walked,
    pools: 0,
  };
}
