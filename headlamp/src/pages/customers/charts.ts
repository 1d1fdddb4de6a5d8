import type { Customer, Row } from '../../api/resources';
import type { Bar } from '../../show/Bars';
import { plus } from '../../sums/figures';
import { Rollup } from '../../sums/licences';
import { places } from '../../sums/places';
import type { Pool } from '../../sums/pools';

/** What the charts of a customer show: purchased licences only, as in all sums. */
export interface Charts {
  byLicence: Bar[];
  bySubscription: Bar[];
  /** Units in use only: what was bought is for all locations together. */
  byLocation: Bar[];
}

export function charts(customer: Customer, rows: Row[]): Charts {
  const own = rows.filter(
    ({ metadata, spec }) =>
      metadata.namespace === customer.metadata.namespace &&
      spec.customerAccessRef.name === customer.metadata.name
  );
  const rollup = new Rollup([customer], own, {});
  const pools = rollup.pools();
  return {
    byLicence: longest(
      pools.map(pool => ({
        key: pool.licenseID,
        label: labelOf(pool, pools),
        total: pool.totalUnits,
        consumed: pool.consumedUnits,
      }))
    ),
    bySubscription: longest(
      grouped(pools, pool => pool.subscriptionID || 'without subscription').map(
        ([label, group]) => ({
          key: label,
          label,
          total: group.reduce<number | undefined>(
            (sum, pool) => plus(sum, pool.totalUnits),
            undefined
          ),
          consumed: group.reduce<number | undefined>(
            (sum, pool) => plus(sum, pool.consumedUnits),
            undefined
          ),
        })
      )
    ),
    byLocation: longest(
      grouped(places(rollup), place => place.location || words[place.placing]).map(
        ([label, group]) => ({
          key: label,
          label,
          total: undefined,
          consumed: group.reduce<number | undefined>(
            (sum, place) => plus(sum, place.consumedUnits),
            undefined
          ),
        })
      )
    ),
  };
}

const words = {
  Location: 'a location without a name',
  WithoutLocation: 'without a location',
  Unexplained: 'not explained by people and workspaces',
};

/** The name of a licence; where several have it, with what tells them apart. */
function labelOf(pool: Pool, all: Pool[]): string {
  const twins = all.filter(({ license }) => license === pool.license);
  const more = [pool.subscriptionID, pool.siteURL].filter(Boolean).join(', ');
  return twins.length > 1 && more ? `${pool.license} (${more})` : pool.license;
}

function grouped<T>(items: T[], name: (item: T) => string): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    groups.set(name(item), [...(groups.get(name(item)) ?? []), item]);
  }
  return [...groups];
}

function longest(bars: Bar[]): Bar[] {
  const length = (bar: Bar) => Math.max(bar.total ?? 0, bar.consumed ?? 0);
  return [...bars].sort((a, b) => length(b) - length(a) || (b.consumed ?? 0) - (a.consumed ?? 0));
}
