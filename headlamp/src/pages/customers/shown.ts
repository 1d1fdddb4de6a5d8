import type { Customer } from '../../api/resources';
import { labels } from '../../api/types';
import { concerns } from '../../show/concerns';
import { found } from '../../show/found';
import { pathOf, under } from '../../sums/selection';

/** Customers that the filters leave. */
export function shown(
  customers: Customer[],
  filters: { find: string; show: string; partner: string; at: string }
): Customer[] {
  const concern = concerns.find(({ value }) => value === filters.show);
  return customers.filter(customer => {
    const { metadata, spec, status } = customer;
    const texts = [
      metadata.name,
      spec.customerName ?? '',
      status?.organization?.displayName ?? '',
      spec.hierarchyPath ?? '',
    ];
    return (
      found(filters.find, texts) &&
      (!concern || concern.is(customer)) &&
      (!filters.partner || metadata.labels?.[labels.partner] === filters.partner) &&
      under(pathOf(customer), filters.at)
    );
  });
}
