import { describe, expect, it } from 'vitest';
import type { Run } from '../api/resources';
import type { Condition, LicenseSyncStatus } from '../api/types';
import { condition, needsAttention, readyReason } from './condition';
import {
  failed,
  finished,
  messageOf,
  percent,
  rowsOf,
  secondsOf,
  state,
  stepOf,
  steps,
} from './run';

function is(type: string, status: Condition['status'], reason = 'Because'): Condition {
  return { type, status, reason, message: `${reason} says so`, lastTransitionTime: '' };
}

function run(status?: LicenseSyncStatus, cancel?: boolean): Run {
  const metadata = { name: 'r', namespace: 'n', uid: 'r', resourceVersion: '1' };
  return {
    metadata: { ...metadata, creationTimestamp: '2026-11-29T02:30:00Z' },
    spec: { customerAccessRef: { name: 'acme' }, cancel },
    status,
  };
}

const complete = { conditions: [is('Complete', 'True'), is('Ready', 'True', 'Succeeded')] };
const broken = { conditions: [is('Failed', 'True'), is('Ready', 'False', 'APIUnavailable')] };

describe('a run', () => {
  it.each([
    ['is new', run(), 'Pending', false, false],
    ['is at work', run({ conditions: [is('Ready', 'False', 'Running')] }), 'Running', false, false],
    ['is being canceled', run({}, true), 'Canceling', false, false],
    ['has ended', run(complete), 'Succeeded', true, false],
    ['has failed', run(broken), 'APIUnavailable', true, true],
    ['was canceled', run(broken, true), 'APIUnavailable', true, true],
    ['has not failed yet', run({ conditions: [is('Failed', 'False')] }), 'Pending', false, false],
  ])('%s', (_, one, word, ended, bad) => {
    expect([state(one), finished(one), failed(one)]).toEqual([word, ended, bad]);
  });

  it('goes forward only, from step to step and within one', () => {
    const at = (progress: LicenseSyncStatus['progress']) => percent(run({ progress }));
    const way = steps.flatMap(step => [
      at({ step }),
      at({ step, done: 0, total: 4 }),
      at({ step, done: 1, total: 4 }),
      at({ step, done: 4, total: 4 }),
      // Webex does not say how many people there are, and more may come than it said.
      at({ step, done: 9 }),
      at({ step, done: 9, total: 4 }),
    ]);
    expect(Math.min(...way)).toBe(0);
    expect(Math.max(...way)).toBe(100);
    const firsts = way.filter((_, i) => i % 6 === 0);
    expect(firsts).toEqual([...firsts].sort((a, b) => a - b));
    expect(new Set(firsts).size).toBe(steps.length);
    expect(way[2]).toBeGreaterThan(way[1]);
    expect(percent(run({ ...complete, progress: { step: 'Unchanged' } }))).toBe(100);
    expect(percent(run())).toBe(0);
  });

  it.each([
    [undefined, ''],
    [{ step: 'Roles' as const }, 'Roles'],
    [{ step: 'People' as const, done: 1200 }, 'People: 1,200'],
    [{ step: 'Applying' as const, done: 0, total: 36 }, 'Applying: 0 of 36'],
  ])('says its step %#', (progress, words) => {
    expect(stepOf(run({ progress }))).toBe(words);
    expect(stepOf(run({ ...complete, progress }))).toBe('');
  });

  it.each([
    ['nothing is known', {}, ''],
    ['rows changed', { rows: { added: 1000, updated: 0, removed: 2 } }, '+1,000 ~0 -2'],
    ['some are held', { rows: { added: 0, updated: 0, removed: 0, held: 9 } }, '+0 ~0 -0 (9 held)'],
    ['a walk had no reason', { ...complete, walk: 'Unchanged' as const }, 'unchanged'],
    ['it failed before it knew', { ...broken, walk: 'Unchanged' as const }, ''],
  ])('says what it did to rows when %s', (_, status, words) => {
    expect(rowsOf(run(status))).toBe(words);
  });

  it.each([
    ['0s', 0],
    ['42s', 42],
    ['1m30s', 90],
    ['2h0m1s', 7201],
    [undefined, undefined],
  ])('that took %s is sorted by %s seconds', (duration, seconds) => {
    expect(secondsOf(run({ duration }))).toBe(seconds);
  });

  it('says how it ended before why it waits', () => {
    expect(messageOf(run({ ...broken, message: 'ended' }))).toBe('ended');
    expect(messageOf(run(broken))).toBe('APIUnavailable says so');
    expect(messageOf(run())).toBe('');
  });
});

describe('a condition', () => {
  it.each([
    ['Ready', 'False', true],
    ['Ready', 'Unknown', false],
    ['Ready', 'True', false],
    ['Stalled', 'True', true],
    ['Stalled', 'False', false],
    ['PruneHeld', 'True', true],
    ['RemovalsHeld', 'True', true],
    ['RemovalsHeld', 'False', false],
    ['Failed', 'True', true],
    ['Complete', 'False', false],
    ['Reconciling', 'True', false],
    ['CapacityOK', 'False', true],
  ] as const)('%s %s asks for a person: %s', (type, status, asks) => {
    expect(needsAttention(is(type, status))).toBe(asks);
  });

  it('is found by its type', () => {
    const conditions = [is('Ready', 'True', 'Synced'), is('DataFresh', 'False', 'Stale')];
    expect(condition(conditions, 'DataFresh')?.reason).toBe('Stale');
    expect(condition(conditions, 'Fresh')).toBeUndefined();
    expect(readyReason(conditions)).toBe('Synced');
    expect(readyReason(undefined)).toBeUndefined();
  });
});
