import type { Customer, Row } from '../api/resources';
import { Figures, figures, leavesLess, overAssigned, plus, share } from './figures';
import { key, Pool, poolsOf } from './pools';
import type { Selection } from './selection';
import { compareText, lower } from './words';

/**
 * One product, added up over the pools of all selected customers. Figures add up the pools of which
 * both the total and the units in use are known, so that they fit each other.
 */
export interface Licence extends Figures {
  /** The name as most pools have it; otherNames are those that others have. */
  license: string;
  otherNames: string[];
  offerCode: string;
  class: Pool['class'];
  /** Units in use beyond what was bought: what other pools have left does not make up for them. */
  overAssignedUnits: number;
  customers: number;
  subscriptions: number;
  pools: number;
  locations: number;
  unknownPools: number;
  /** The pool with the largest share in use: units cannot move from pool to pool. */
  tightest?: Pool;
}

/** Sums over licences. The units are those of purchased licences only. */
export interface Totals {
  customers: number;
  licenses: number;
  pools: number;
  locations: number;
  totalUnits: number;
  consumedUnits: number;
  availableUnits: number;
  overAssignedUnits: number;
}

/** What was selected. */
export class Rollup {
  private readonly allPools: Pool[];
  /** Pools by product, sorted as the pools are. */
  readonly products: Pool[][];

  constructor(customers: Customer[], rows: Row[], readonly selection: Selection) {
    this.allPools = poolsOf(customers, rows, selection).filter(
      pool => selection.included || pool.class === 'Purchased'
    );
    this.products = productsOf(this.allPools);
  }

  /**
   * Whether a pool is below the mark that was asked for. Included licences never are: their totals
   * are no capacity.
   */
  scarce = (pool: Pool): boolean => {
    const { below } = this.selection;
    return below === undefined || (pool.class === 'Purchased' && leavesLess(pool, below));
  };

  /** One line for each product; with a mark, those that have a pool below it. */
  licences(): Licence[] {
    return this.products.filter(pools => pools.some(this.scarce)).map(licenceOf);
  }

  /** One line for each licence of each customer. */
  pools(): Pool[] {
    return this.allPools.filter(this.scarce);
  }

  totals(): Totals {
    const pools = this.pools();
    const counted = pools.filter(
      pool => pool.class === 'Purchased' && pool.availableUnits !== undefined
    );
    const sum = (of: (pool: Pool) => number) =>
      counted.reduce((units, pool) => units + of(pool), 0);
    return {
      customers: customersOf(pools),
      licenses: this.products.filter(product => product.some(this.scarce)).length,
      pools: pools.length,
      locations: locationsOf(pools),
      totalUnits: sum(pool => pool.totalUnits!),
      consumedUnits: sum(pool => pool.consumedUnits!),
      availableUnits: sum(pool => pool.availableUnits!),
      overAssignedUnits: sum(overAssigned),
    };
  }
}

function customersOf(pools: Pool[]): number {
  return new Set(pools.map(pool => key(pool.namespace, pool.customer))).size;
}

function locationsOf(pools: Pool[]): number {
  return new Set(
    pools.flatMap(pool =>
      pool.places.map(row => key(pool.namespace, pool.customer, row.spec.locationID ?? ''))
    )
  ).size;
}

function licenceOf(pools: Pool[]): Licence {
  const [license, ...otherNames] = names(pools);
  const known = pools.filter(pool => pool.availableUnits !== undefined);
  const sum = (of: keyof Omit<Figures, 'atLeast'>) =>
    known.reduce<number | undefined>((units, pool) => plus(units, pool[of]), undefined);
  return {
    ...figures(
      sum('totalUnits'),
      sum('consumedUnits'),
      sum('consumedByUsers'),
      sum('consumedByWorkspaces')
    ),
    license,
    otherNames: otherNames.sort(compareText),
    offerCode: pools.find(pool => pool.offerCode)?.offerCode ?? '',
    class: pools[0].class,
    atLeast: pools.some(pool => pool.atLeast),
    overAssignedUnits: known.reduce((units, pool) => units + overAssigned(pool), 0),
    customers: customersOf(pools),
    subscriptions: new Set(
      pools
        .filter(pool => pool.subscriptionID)
        .map(pool => key(pool.namespace, pool.customer, pool.subscriptionID))
    ).size,
    pools: pools.length,
    locations: locationsOf(pools),
    unknownPools: pools.length - known.length,
    tightest: known.reduce<Pool | undefined>(
      (tightest, pool) => (!tightest || tighter(pool, tightest) ? pool : tightest),
      undefined
    ),
  };
}

function tighter(pool: Pool, than: Pool): boolean {
  const [its, other] = [share(pool), share(than)];
  return its !== undefined && (other === undefined || its > other);
}

/**
 * The name of a product and then those that some pools have instead. The name that most pools have
 * wins, then the one that was written last.
 */
export function names(pools: Pool[]): string[] {
  const uses = new Map<string, { pools: number; changed: number }>();
  for (const { license, changed } of pools) {
    const use = uses.get(license) ?? { pools: 0, changed: 0 };
    uses.set(license, { pools: use.pools + 1, changed: Math.max(use.changed, changed) });
  }
  return [...uses]
    .sort(
      ([a, ofA], [b, ofB]) =>
        ofB.pools - ofA.pools || ofB.changed - ofA.changed || compareText(a, b)
    )
    .map(([name]) => name);
}

/** Adds a pool to those of a key. */
export function add(groups: Map<string, Pool[]>, id: string, pool: Pool): void {
  const group = groups.get(id);
  if (group) {
    group.push(pool);
  } else {
    groups.set(id, [pool]);
  }
}

/**
 * Gathers pools by product: by the offer code, because Cisco renames licences, and else by the name.
 * A name that stands for one offer code alone tells the product of a row that has no code.
 */
function productsOf(pools: Pool[]): Pool[][] {
  const offers = new Map<string, Set<string>>();
  for (const { license, offerCode } of pools) {
    if (offerCode) {
      offers.set(license, (offers.get(license) ?? new Set()).add(offerCode));
    }
  }
  const products = new Map<string, Pool[]>();
  for (const pool of pools) {
    const codes = offers.get(pool.license);
    const offer = pool.offerCode || (codes?.size === 1 ? [...codes][0] : '');
    const id = key(pool.class, offer, offer ? '' : pool.license);
    add(products, id, pool);
  }
  return [...products.values()]
    .map(product => ({ product, name: lower(names(product)[0]) }))
    .sort(
      ({ product: [a], name: aName }, { product: [b], name: bName }) =>
        compareText(b.class, a.class) ||
        compareText(aName, bName) ||
        compareText(a.offerCode, b.offerCode)
    )
    .map(({ product }) => product);
}
