import type { Customer } from '../api/resources';
import { labels } from '../api/types';
import { compareText, fold } from './words';

/** What to add up. An empty one takes all purchased licences. */
export interface Selection {
  /** A node of the hierarchy, which stands for all customers at and below it, or a customer's path. */
  at?: string;
  /** The name of one customer. */
  customer?: string;
  /** The name of the WebexPartner that made the customers. */
  partner?: string;
  /** The name of a Webex location, in any case, or its id. */
  location?: string;
  /** Takes free and hybrid services, too. */
  included?: boolean;
  /** Keeps what has less than so many percent of its units left. */
  below?: number;
}

/** Where a customer stands in the hierarchy: its hierarchyPath and its name. */
export function pathOf({ spec, metadata }: Customer): string {
  return spec.hierarchyPath ? `${spec.hierarchyPath}.${metadata.name}` : metadata.name;
}

/** Whether a path is at a node or below it. */
export function under(path: string, node: string): boolean {
  return node === '' || path === node || path.startsWith(`${node}.`);
}

/** All nodes of the hierarchy above customers, sorted. */
export function nodes(customers: Customer[]): string[] {
  const found = new Set<string>();
  for (const { spec } of customers) {
    const parts = spec.hierarchyPath ? spec.hierarchyPath.split('.') : [];
    parts.forEach((_, i) => found.add(parts.slice(0, i + 1).join('.')));
  }
  return [...found].sort(compareText);
}

export function selects(selection: Selection, customer: Customer): boolean {
  return (
    under(pathOf(customer), selection.at ?? '') &&
    (!selection.customer || customer.metadata.name === selection.customer) &&
    (!selection.partner || customer.metadata.labels?.[labels.partner] === selection.partner)
  );
}

/** Whether a customer that was deleted is selected: by name alone, since which partner made it is not known any more. */
export function selectsFormer(selection: Selection, customer: string): boolean {
  return !selection.partner && selection.customer === customer;
}

export function wantsLocation({ location }: Selection, id: string, name: string): boolean {
  return !location || fold(location) === fold(name) || location === id;
}
