import { expect, it } from 'vitest';
import type { Schedule } from '../../api/resources';
import { cronWords, joined, offsetOf, parts, when, whom } from './when';

const of = (spec: Schedule['spec']) => ({ spec } as Schedule);

it('says a cron line in words', () => {
  expect(cronWords('30 2 * * *')).toBe('At 02:30');
  expect(cronWords('*/15 8-17 * * 1-5')).toContain('Every 15 minutes');
  expect(cronWords('@daily')).toBe('At 00:00');
  expect(cronWords('0 3 * * 7')).toBe('At 03:00, only on Sunday');
  expect(cronWords('61 * * *')).toBeUndefined();
});

it('says when a schedule runs', () => {
  expect(when(of({ schedule: '30 2 * * *', every: { interval: '6h' }, at: ['a', 'b'] }))).toBe(
    'At 02:30; every 6h; at 2 times'
  );
  expect(when(of({ schedule: 'odd' }))).toBe('odd');
});

it('says which customers a schedule reads', () => {
  expect(whom(of({ customerAccessRef: { name: 'acme' } }))).toBe('acme');
  expect(whom(of({ customerAccessSelector: {} }))).toBe('all customers of the namespace');
  expect(
    whom(
      of({
        customerAccessSelector: {
          matchLabels: { tier: 'gold' },
          matchExpressions: [
            { key: 'x', operator: 'In', values: ['a', 'b'] },
            { key: 'y', operator: 'Exists' },
          ],
        },
      })
    )
  ).toBe('tier=gold, x In (a, b), y Exists');
});

it('takes times apart and puts them together', () => {
  for (const time of ['2027-01-01T02:00:00+01:00', '2027-01-01T02:00:30-03:30']) {
    const { local, offset } = parts(time);
    expect(joined(local, offset)).toBe(time);
  }
  expect(parts('2027-01-01T02:00:00Z')).toEqual({ local: '2027-01-01T02:00:00', offset: '+00:00' });
  expect(parts('soon')).toEqual({ local: '', offset: '' });
  expect(joined('2027-01-01T02:00', '+01:00')).toBe('2027-01-01T02:00:00+01:00');
  expect(joined('', '+01:00')).toBe('');
  expect([-60, 210, 0].map(offsetOf)).toEqual(['+01:00', '-03:30', '+00:00']);
});
