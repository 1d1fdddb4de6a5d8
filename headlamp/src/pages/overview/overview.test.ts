import { describe, expect, it } from 'vitest';
import type { Assignment, Customer } from '../../api/resources';
import { labels } from '../../api/types';
import { asking, concernsOf, heldOf } from './attention';
import { customersAt, Node, tree, visible } from './nodes';

function customer(
  name: string,
  hierarchyPath?: string,
  conditions: Record<string, 'True' | 'False'> = {},
  partner?: string
): Customer {
  return {
    metadata: {
      name,
      namespace: 'webex',
      uid: name,
      resourceVersion: '1',
      creationTimestamp: '',
      labels: partner ? { [labels.partner]: partner } : undefined,
    },
    spec: { hierarchyPath, credentialsSecretRef: { name } },
    status: {
      conditions: Object.entries(conditions).map(([type, status]) => ({
        type,
        status,
        reason: 'Any',
        message: '',
        lastTransitionTime: '',
      })),
    },
  };
}

const west = customer('west', 'p.west', { CapacityOK: 'False', DataFresh: 'False' }, 'one');
const far = customer('far', 'p.west.far', { CredentialsValid: 'False', Ready: 'False' });
const east = customer('east', 'p.east', { Ready: 'True', DataFresh: 'True' }, 'one');
const solo = customer('solo', undefined, { CapacityOK: 'False' });
const all = [west, far, east, solo];
const names = (customers: Customer[]) => customers.map(({ metadata }) => metadata.name);

describe('tree', () => {
  const told = ({ path, customers, attention, below }: Node): unknown[] => [
    `${path} ${customers} ${attention}`,
    ...below.map(told),
  ];
  it('counts customers and those that ask, at and below each node', () => {
    expect(tree(all).map(told)).toEqual([
      ['p 3 2', ['p.east 1 0'], ['p.west 2 2', ['p.west.far 1 1']]],
    ]);
  });
  it('shows what is below open nodes, and the node that is chosen', () => {
    const paths = (open: string[], at = '') =>
      visible(tree(all), new Set(open), at).map(({ node, depth }) => `${depth} ${node.path}`);
    expect(paths([])).toEqual(['0 p']);
    expect(paths(['p'])).toEqual(['0 p', '1 p.east', '1 p.west']);
    expect(paths([], 'p.west.far')).toEqual(['0 p', '1 p.east', '1 p.west', '2 p.west.far']);
  });
});

it('takes the customers at a node of a partner', () => {
  expect(names(customersAt(all, 'p.west', ''))).toEqual(['west', 'far']);
  expect(names(customersAt(all, '', 'one'))).toEqual(['west', 'east']);
  expect(names(customersAt(all, 'p.west', 'one'))).toEqual(['west']);
  expect(names(customersAt(all, 'p.we', ''))).toEqual([]);
});

describe('attention', () => {
  it('has first what stops figures', () => {
    const found = concernsOf(all);
    expect(found.map(({ value, customers }) => `${value} ${names(customers)}`)).toEqual([
      'credentials far',
      'failing far',
      'limit west,solo',
      'stale west',
    ]);
    expect(asking(found).map(one => `${one.customer.metadata.name} ${one.why.length}`)).toEqual([
      'far 2',
      'west 2',
      'solo 1',
    ]);
  });
  it('asks for nothing where all is well', () => {
    expect(concernsOf([east])).toEqual([]);
  });
  it('sees credentials that end, last runs that failed, and suspended customers', () => {
    const ends = customer('ends', '', { CredentialsValid: 'True' });
    ends.status!.conditions![0].reason = 'ExpiresSoon';
    const failed = customer('failed');
    failed.status!.lastRun = { reason: 'APIUnavailable' };
    const canceled = customer('canceled');
    canceled.status!.lastRun = { reason: 'Canceled' };
    const off = customer('off');
    off.spec.suspend = true;
    const found = concernsOf([off, canceled, failed, ends]);
    expect(found.map(({ value, customers }) => `${value} ${names(customers)}`)).toEqual([
      'credentials ends',
      'run failed',
      'suspended off',
    ]);
  });
  it('finds held removals of the customers at hand', () => {
    const held = (name: string, of: string, people?: number) =>
      ({
        metadata: { ...west.metadata, name },
        spec: { customerAccessRef: { name: of } },
        status: people ? { held: { people } } : {},
      } as Assignment);
    const assignments = [held('a', 'west', 3), held('b', 'west'), held('c', 'east', 1)];
    expect(heldOf(assignments, [west]).map(({ metadata }) => metadata.name)).toEqual(['a']);
  });
});
