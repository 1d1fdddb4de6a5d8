import type { Assignment, Customer } from '../../api/resources';
import { concerns } from '../../show/concerns';
import { key } from '../../sums/pools';

/** The order in which a person sees to things: what stops figures first. */
const first = ['credentials', 'failing', 'held', 'run', 'limit', 'stale', 'defaults', 'suspended'];

/** Customers that ask for the same. */
export interface Concern {
  value: string;
  label: string;
  customers: Customer[];
}

/** What customers ask for, first things first. What no customer asks for is left out. */
export function concernsOf(customers: Customer[]): Concern[] {
  return [...concerns]
    .sort((a, b) => first.indexOf(a.value) - first.indexOf(b.value))
    .map(({ value, label, is }) => ({ value, label, customers: customers.filter(is) }))
    .filter(concern => concern.customers.length > 0);
}

/** A customer that asks for a person, and why. */
export interface Asking {
  customer: Customer;
  why: string[];
  /** The place of its first concern: lower is worse. */
  rank: number;
}

/** The customers that ask for a person, the worst first. */
export function asking(found: Concern[]): Asking[] {
  const by = new Map<Customer, Asking>();
  found.forEach(({ label, customers }, rank) =>
    customers.forEach(customer => {
      const one = by.get(customer) ?? { customer, why: [], rank };
      one.why.push(label);
      by.set(customer, one);
    })
  );
  return [...by.values()].sort((a, b) => a.rank - b.rank || b.why.length - a.why.length);
}

/** The assignments of customers whose removals wait for approval. */
export function heldOf(assignments: Assignment[], customers: Customer[]): Assignment[] {
  const known = new Set(customers.map(c => key(c.metadata.namespace, c.metadata.name)));
  return assignments.filter(
    ({ metadata, spec, status }) =>
      status?.held !== undefined && known.has(key(metadata.namespace, spec.customerAccessRef.name))
  );
}
