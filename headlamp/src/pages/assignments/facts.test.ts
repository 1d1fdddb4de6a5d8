import { describe, expect, it } from 'vitest';
import { acme, assignment } from '../../stories/objects';
import { licenseOf, locks, sources } from './facts';

const writing = { ...acme, spec: { ...acme.spec, assignment: {} } } as typeof acme;

function changed(spec: Partial<typeof assignment.spec>, reason?: string) {
  return {
    ...assignment,
    spec: { ...assignment.spec, ...spec },
    status: { ...assignment.status, verdict: reason ? { reason } : undefined },
  };
}

describe('locks', () => {
  it.each([
    ['reports', changed({ mode: 'Report' }, 'PlanOnly'), writing, [undefined, true, false]],
    ['no mode is Report', changed({ mode: undefined }), writing, [undefined, true, false]],
    [
      'the customer is shut',
      changed({ mode: 'Enforce' }, 'WritingLocked'),
      acme,
      [undefined, false, true],
    ],
    [
      'only the operator is shut',
      changed({ mode: 'Enforce' }, 'WritingLocked'),
      writing,
      [false, true, true],
    ],
    ['all are open', changed({ mode: 'Enforce' }, 'InSync'), writing, [true, true, true]],
    ['no run has planned yet', changed({ mode: 'Enforce' }), writing, [undefined, true, true]],
    [
      'the customer is gone',
      changed({ mode: 'Enforce' }, 'InSync'),
      undefined,
      [undefined, undefined, true],
    ],
  ])('%s', (_, one, customer, open) => {
    expect(locks(one, customer).map(lock => lock.open)).toEqual(open);
  });
});

describe('sources', () => {
  it('counts addresses, and names the other lists', () => {
    expect(
      sources(
        changed({
          subjects: {
            emails: ['ada@example.com'],
            emailsFrom: [{ kind: 'ConfigMap', name: 'staff', key: 'all' }],
            locations: ['Berlin'],
          },
        })
      )
    ).toEqual(['1 address in the assignment', 'ConfigMap staff, key all', 'location Berlin']);
    expect(
      sources(
        changed({
          subjects: {
            emails: Array(1200).fill('x@example.com'),
            emailsFrom: [{ name: 's' }],
            groups: ['Sales'],
          },
        })
      )
    ).toEqual(['1,200 addresses in the assignment', 'Secret s, key emails', 'group Sales']);
  });
});

it('a licence goes by its name in Webex once that is known', () => {
  expect(licenseOf(assignment)).toBe('Webex Meetings Suite');
  expect(licenseOf({ ...assignment, status: {} })).toBe('EE');
});
