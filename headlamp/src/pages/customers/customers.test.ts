import { describe, expect, it } from 'vitest';
import type { Customer, Row, Schedule } from '../../api/resources';
import { labels } from '../../api/types';
import { concerns } from '../../show/concerns';
import { acme, odd, rows } from '../../stories/objects';
import { charts } from './charts';
import { inForce, reads } from './facts';
import { shown } from './shown';

const none = { find: '', show: '', partner: '', at: '' };
const names = (customers: Customer[]) => customers.map(({ metadata }) => metadata.name);

function changed(status: Customer['status']): Customer {
  return { ...odd, spec: { ...odd.spec, suspend: false }, status };
}

function saying(type: string, status: 'True' | 'False', reason = 'Because') {
  const rest = { reason, message: '', lastTransitionTime: '' };
  return changed({ conditions: [{ type, status, ...rest }] });
}

describe('the list of customers', () => {
  it.each([
    [{}, ['acme', 'odd']],
    [{ find: 'CORPORATION' }, ['acme']],
    [{ find: '<img' }, ['odd']],
    [{ find: 'reseller' }, ['acme']],
    [{ at: 'provider' }, ['acme']],
    [{ at: 'provider.reseller-west.acme' }, ['acme']],
    [{ at: 'prov' }, []],
    [{ partner: 'provider' }, ['acme']],
    [{ partner: 'other' }, []],
    [{ show: 'limit' }, ['acme']],
    [{ show: 'held' }, ['acme']],
    [{ show: 'suspended' }, ['odd']],
    [{ show: 'limit', find: 'odd' }, []],
  ])('with %j', (filters, left) => {
    expect(names(shown([acme, odd], { ...none, ...filters }))).toEqual(left);
  });

  it.each([
    ['failing', saying('Ready', 'False'), saying('Ready', 'True')],
    ['stale', saying('DataFresh', 'False'), saying('DataFresh', 'True')],
    ['limit', saying('CapacityOK', 'False'), saying('CapacityOK', 'True')],
    ['held', saying('PruneHeld', 'True'), saying('PruneHeld', 'False')],
    ['credentials', saying('CredentialsValid', 'False'), saying('CredentialsValid', 'True')],
    ['credentials', saying('CredentialsValid', 'True', 'ExpiresSoon'), changed({})],
    ['credentials', saying('CredentialsValid', 'True', 'RefreshRefused'), changed({})],
    ['run', changed({ lastRun: { reason: 'X' } }), changed({ lastRun: { reason: 'Canceled' } })],
    ['run', changed({ lastRun: { reason: 'X' } }), changed({ lastRun: { reason: 'Succeeded' } })],
    ['defaults', saying('DefaultsResolved', 'False'), saying('DefaultsResolved', 'True')],
    ['suspended', odd, changed({})],
  ])('shows as %s what is so, and nothing else', (show, so, not) => {
    const concern = concerns.find(({ value }) => value === show)!;
    expect([concern.is(so), concern.is(not), concern.is(changed(undefined))]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('the charts of a customer', () => {
  const bars = charts(acme, rows);

  it('shows what Webex says by licence, the longest first', () => {
    expect(bars.byLicence.map(({ label, total, consumed }) => [label, total, consumed])).toEqual([
      ['Webex Meetings Suite', 100, 120],
      ['Webex Calling - Professional', 100, 87],
      ['<img src=x onerror="alert(1)">', 100, 3],
    ]);
  });

  it('adds subscriptions up from the same rows, and says nothing that is not known', () => {
    expect(bars.bySubscription).toEqual([
      { key: 'Sub100', label: 'Sub100', total: 300, consumed: 210 },
    ]);
    const unknown = rows.map(row => ({
      ...row,
      status: { ...row.status, totalUnits: undefined, consumedUnits: undefined },
    }));
    expect(charts(acme, unknown).bySubscription[0]).toMatchObject({
      total: undefined,
      consumed: undefined,
    });
  });

  it('counts locations of the level Site only, without a total', () => {
    const places = bars.byLocation.filter(({ label }) => !label.startsWith('not explained'));
    expect(places.map(({ total, consumed }) => [total, consumed])).toEqual([
      [undefined, 52],
      [undefined, 35],
    ]);
  });

  it('leaves other customers, also of the same name, and rows that wait for removal out', () => {
    const others: Row[] = rows.flatMap(row => [
      { ...row, metadata: { ...row.metadata, namespace: 'other', uid: `${row.metadata.uid}-o` } },
      { ...row, spec: { ...row.spec, customerAccessRef: { name: 'acme-2' } } },
      {
        ...row,
        spec: { ...row.spec, licenseID: `${row.spec.licenseID} old` },
        status: { ...row.status, superseded: true },
      },
    ]);
    expect(charts(acme, [...others, ...rows])).toEqual(bars);
  });

  it('tells licences of one name apart', () => {
    const twin: Row = {
      ...rows[0],
      metadata: { ...rows[0].metadata, name: 'twin', uid: 'twin' },
      spec: { ...rows[0].spec, licenseID: 'twin' },
      status: { ...rows[0].status, subscriptionID: 'Sub200' },
    };
    const found = charts(acme, [rows[0], twin]).byLicence.map(({ label }) => label);
    expect(found.sort()).toEqual([
      'Webex Calling - Professional (Sub100)',
      'Webex Calling - Professional (Sub200)',
    ]);
  });
});

describe('the facts of a customer', () => {
  const schedule = (spec: object, namespace = 'webex') =>
    ({ metadata: { ...acme.metadata, name: 'nightly', namespace }, spec } as Schedule);

  it.each([
    ['by its name', schedule({ customerAccessRef: { name: 'acme' } }), true],
    ['another', schedule({ customerAccessRef: { name: 'odd' } }), false],
    ['of another namespace', schedule({ customerAccessRef: { name: 'acme' } }, 'other'), false],
    ['all', schedule({ customerAccessSelector: {} }), true],
    [
      'by a label',
      schedule({ customerAccessSelector: { matchLabels: { [labels.partner]: 'provider' } } }),
      true,
    ],
    [
      'by a label of others',
      schedule({ customerAccessSelector: { matchLabels: { tier: 'gold' } } }),
      false,
    ],
  ])('a schedule reads it: %s', (_, one, does) => {
    expect(reads(one, acme)).toBe(does);
  });

  it.each([
    ['Sub1', ['Sub1'], 'Sub1'],
    ['Sub1', ['Sub1', 'Sub2'], 'Sub1 (of Sub1, Sub2)'],
    ['', ['Sub1', 'Sub2'], 'none is chosen of Sub1, Sub2'],
    [undefined, [], undefined],
  ])('default %s of %j', (value, choices, words) => {
    expect(inForce(value, choices)).toBe(words);
  });
});
