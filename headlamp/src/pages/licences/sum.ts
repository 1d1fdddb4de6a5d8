import { count, units } from '../../show/Figure';
import { Rollup } from '../../sums/licences';
import { places, sumPlaces } from '../../sums/places';
import { superseded } from '../../sums/pools';
import type { Filter, Line } from './lines';

/** What lines add up to, in the words of the CLI, and what is in no sum. */
export function sumOf(lines: Line[], { level, customer }: Filter): string[] {
  const customers = new Set(lines.flatMap(line => line.customer ?? []));
  const rollup = new Rollup(
    [...customers],
    lines.map(line => line.row),
    { included: true, customer }
  );
  const left = customer ? [] : lines.filter(line => line.former);
  const gone = lines.filter(line => superseded(line.row));
  return [
    level === 'Site' ? siteSum(rollup) : customerSum(rollup),
    gone.length > 0 && `${count(gone.length, 'row')} that Webex no longer lists: in no sum.`,
    left.length > 0 && `${count(left.length, 'row')} left behind by deleted customers: in no sum.`,
  ].filter(text => text !== false);
}

function customerSum(rollup: Rollup): string {
  const t = rollup.totals();
  const over = t.overAssignedUnits ? `, ${units(t.overAssignedUnits)} over-assigned` : '';
  return (
    `${count(t.licenses, 'licence')} of ${count(t.customers, 'customer')}; of purchased licences ` +
    `${count(t.totalUnits, 'unit')} bought, ${units(t.consumedUnits)} in use, ${units(
      t.availableUnits
    )} available${over}.`
  );
}

function siteSum(rollup: Rollup): string {
  const t = sumPlaces(places(rollup));
  return (
    `${count(t.licenses, 'licence')} of ${count(t.customers, 'customer')}; of purchased licences ` +
    `${count(t.consumedUnits, 'unit')} in use at ${count(t.locations, 'location')}. ` +
    'What was bought is shared by a customer’s locations and not added up.'
  );
}
