import { describe, expect, it } from 'vitest';
import type { Schedule } from '../../api/resources';
import { selects } from '../../api/selector';
import { faultsOf, Form, formOf, labelsOf, patchOf, specOf } from './form';

function schedule(spec: Schedule['spec']): Schedule {
  return {
    metadata: {
      name: 'nightly',
      namespace: 'webex',
      uid: '1',
      resourceVersion: '1',
      creationTimestamp: '',
    },
    spec,
  };
}

const whole: Schedule['spec'] = {
  customerAccessSelector: {
    matchLabels: { tier: 'gold', region: 'eu' },
    matchExpressions: [{ key: 'x', operator: 'Exists' }],
  },
  schedule: '30 2 * * *',
  timeZone: 'Europe/Berlin',
  at: ['2027-01-01T02:00:00+01:00'],
  every: { interval: '6h', firstTime: '2027-01-01T00:00:00Z' },
  startTime: '2026-01-01T00:00:00Z',
  endTime: '2028-01-01T00:00:00Z',
  suspend: true,
  runOnActivation: true,
  concurrencyPolicy: 'Replace',
  spreadSeconds: 0,
  startingDeadlineSeconds: 60,
  successfulRunsHistoryLimit: 0,
  failedRunsHistoryLimit: 100,
};
const unknown = { syncTemplate: { labels: { team: 'voice' }, backoffLimit: 2 } };

const changed = (spec: Schedule['spec'], change: Partial<Form>) =>
  patchOf(schedule(spec), { ...formOf(schedule(spec)), ...change });

describe('a form', () => {
  it('says of a schedule what it says, and changes nothing by being opened', () => {
    expect(specOf(formOf(schedule(whole)))).toEqual(whole);
    for (const spec of [
      whole,
      { ...whole, ...unknown },
      {
        customerAccessRef: { name: 'acme' },
        schedule: '@daily',
        suspend: false,
        concurrencyPolicy: 'Forbid' as const,
      },
      { customerAccessSelector: {}, every: { interval: '1h' } },
    ]) {
      expect(changed(spec, {})).toBeUndefined();
      expect(faultsOf(formOf(schedule(spec)))).toEqual({});
    }
  });

  it.each<[string, Partial<Form>, object]>([
    ['a line', { schedule: ' 0 3 * * * ' }, { schedule: '0 3 * * *' }],
    ['no line', { calendar: false }, { schedule: null }],
    ['an empty line, for the API server to refuse', { schedule: '' }, { schedule: '' }],
    ['no first time', { firstTime: '' }, { every: { firstTime: null } }],
    ['no interval', { timed: false }, { every: null }],
    ['another time', { at: ['2027-01-02T00:00:00Z'] }, { at: ['2027-01-02T00:00:00Z'] }],
    [
      'no time that is empty',
      { at: ['', '2027-01-02T00:00:00Z', ''] },
      { at: ['2027-01-02T00:00:00Z'] },
    ],
    ['no times', { specific: false }, { at: null }],
    ['active', { active: true }, { suspend: null }],
    ['no end', { endTime: '' }, { endTime: null }],
    ['the default of a number', { spreadSeconds: '' }, { spreadSeconds: null }],
    ['a number', { failedRunsHistoryLimit: '7' }, { failedRunsHistoryLimit: 7 }],
    ['Forbid', { concurrencyPolicy: 'Forbid' }, { concurrencyPolicy: null }],
    [
      'another label',
      { labels: 'tier=silver' },
      { customerAccessSelector: { matchLabels: { tier: 'silver', region: null } } },
    ],
    [
      'all customers',
      { who: 'all' },
      { customerAccessSelector: { matchLabels: null, matchExpressions: null } },
    ],
    [
      'one customer',
      { who: 'one', customer: 'acme' },
      { customerAccessRef: { name: 'acme' }, customerAccessSelector: null },
    ],
  ])('patches %s only', (_, change, spec) => {
    expect(changed({ ...whole, ...unknown }, change)).toEqual({ spec });
  });

  it('creates what is written, and no default', () => {
    const form = { ...formOf(undefined, 'webex'), name: 'nightly', schedule: '30 2 * * *' };
    expect(specOf(form)).toEqual({ customerAccessSelector: {}, schedule: '30 2 * * *' });
  });

  it('selects all customers only if a person says so', () => {
    const form = { ...formOf(undefined, 'webex'), name: 'n', who: 'labels' as const };
    expect(faultsOf(form).labels).toContain('Without one');
    expect(faultsOf({ ...form, labels: 'tier' }).labels).toContain('key=value');
    expect(faultsOf({ ...form, labels: 'tier=gold,' })).toEqual({});
  });

  it('tells what it can tell', () => {
    const form: Form = { ...formOf(undefined), who: 'one', spreadSeconds: '1h' };
    expect(Object.keys(faultsOf(form)).sort()).toEqual([
      'customer',
      'name',
      'namespace',
      'spreadSeconds',
    ]);
    expect(labelsOf('a=b, c = d')).toEqual({ a: 'b', c: 'd' });
    expect(labelsOf('=b')).toBeUndefined();
    expect(labelsOf('a=b=c')).toBeUndefined();
  });
});

describe('selects', () => {
  const gold = { tier: 'gold' };
  it.each([
    [{}, true],
    [{ matchLabels: { tier: 'gold' } }, true],
    [{ matchLabels: { tier: 'silver' } }, false],
    [{ matchLabels: { toString: 'gold' } }, false],
    [{ matchExpressions: [{ key: 'tier', operator: 'In', values: ['gold', 'x'] }] }, true],
    [{ matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['gold'] }] }, false],
    [{ matchExpressions: [{ key: 'other', operator: 'NotIn', values: ['gold'] }] }, true],
    [{ matchExpressions: [{ key: 'tier', operator: 'Exists' }] }, true],
    [{ matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] }, false],
    [{ matchExpressions: [{ key: 'tier', operator: 'Like' }] }, false],
  ])('%j: %s', (selector, want) => {
    expect(selects(selector as Parameters<typeof selects>[0], gold)).toBe(want);
  });
});
