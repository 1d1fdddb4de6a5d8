import type { Customer } from '../../api/resources';
import { labels } from '../../api/types';
import { concerns } from '../../show/concerns';
import { nodes, pathOf, under } from '../../sums/selection';

/** A node of the hierarchy, and what is at and below it. */
export interface Node {
  path: string;
  name: string;
  customers: number;
  /** How many customers ask for a person. */
  attention: number;
  below: Node[];
}

/** The hierarchy above customers. */
export function tree(customers: Customer[]): Node[] {
  const known = new Map<string, Node>();
  const top: Node[] = [];
  // A node comes before those below it.
  for (const path of nodes(customers)) {
    const dot = path.lastIndexOf('.');
    const node = { path, name: path.slice(dot + 1), customers: 0, attention: 0, below: [] };
    known.set(path, node);
    (known.get(path.slice(0, Math.max(dot, 0)))?.below ?? top).push(node);
  }
  for (const customer of customers) {
    const asks = Number(concerns.some(concern => concern.is(customer)));
    let path = customer.spec.hierarchyPath ?? '';
    while (path) {
      const node = known.get(path)!;
      node.customers++;
      node.attention += asks;
      path = path.slice(0, Math.max(path.lastIndexOf('.'), 0));
    }
  }
  return top;
}

/** The nodes that show: those at the top and those below an open one. A chosen node shows always. */
export function visible(
  top: Node[],
  open: Set<string>,
  at: string
): { node: Node; depth: number }[] {
  const list = (nodes: Node[], depth: number): { node: Node; depth: number }[] =>
    nodes.flatMap(node => [
      { node, depth },
      ...(isOpen(node, open, at) ? list(node.below, depth + 1) : []),
    ]);
  return list(top, 0);
}

/** Whether what is below a node shows. */
export function isOpen({ path }: Node, open: Set<string>, at: string): boolean {
  return open.has(path) || (at !== path && under(at, path));
}

/** The customers at a node of a partner. */
export function customersAt(customers: Customer[], at: string, partner: string): Customer[] {
  return customers.filter(
    customer =>
      under(pathOf(customer), at) &&
      (!partner || customer.metadata.labels?.[labels.partner] === partner)
  );
}
