import type { Run } from '../api/resources';
import { labels, LicenseSyncStatusProgress } from '../api/types';
import { condition } from './condition';
import { units } from './Figure';

/** The steps of a run, in their order. Unchanged ends a run that found nothing to read anew. */
export const steps: NonNullable<LicenseSyncStatusProgress['step']>[] = [
  'Credentials',
  'Organization',
  'Licenses',
  'Unchanged',
  'Locations',
  'Roles',
  'People',
  'Workspaces',
  'Applying',
  'Planning',
  'Assigning',
  'Finished',
];

export function failed(run: Run): boolean {
  return condition(run.status?.conditions, 'Failed')?.status === 'True';
}

export function finished(run: Run): boolean {
  return failed(run) || condition(run.status?.conditions, 'Complete')?.status === 'True';
}

/** How a run is, in the word of kubectl webex runs: the reason of Ready, or Canceling. */
export function state(run: Run): string {
  if (run.spec.cancel && !finished(run)) {
    return 'Canceling';
  }
  return condition(run.status?.conditions, 'Ready')?.reason ?? 'Pending';
}

/** How far a run is, in percent of its steps; a step counts by its own progress if that is known. */
export function percent(run: Run): number {
  if (finished(run)) {
    return 100;
  }
  const { step, done, total } = run.status?.progress ?? {};
  const at = step ? steps.indexOf(step) : 0;
  const within = done !== undefined && total ? Math.min(1, done / total) : 0;
  return Math.min(100, (100 * (at + within)) / (steps.length - 1));
}

/** The step and how far it is: "People: 1,200". */
export function stepOf(run: Run): string {
  const { step, done, total } = run.status?.progress ?? {};
  if (!step || finished(run)) {
    return '';
  }
  if (done === undefined) {
    return step;
  }
  return `${step}: ${units(done)}${total === undefined ? '' : ` of ${units(total)}`}`;
}

/** What a run did to rows: "+1 ~3 -0", or that it had no reason to look. Empty if that is not known. */
export function rowsOf(run: Run): string {
  const { rows, walk } = run.status ?? {};
  if (walk === 'Unchanged' && finished(run) && !failed(run)) {
    return 'unchanged';
  }
  if (rows?.added === undefined || rows.updated === undefined || rows.removed === undefined) {
    return '';
  }
  const held = rows.held ? ` (${units(rows.held)} held)` : '';
  return `+${units(rows.added)} ~${units(rows.updated)} -${units(rows.removed)}${held}`;
}

/** How long a run took, in seconds, from a duration such as 1h2m3s. */
export function secondsOf({ status }: Run): number | undefined {
  const parts = status?.duration?.match(/[\d.]+[hms]/g);
  const seconds = { h: 3600, m: 60, s: 1 };
  return parts?.reduce(
    (sum, part) => sum + parseFloat(part) * seconds[part.slice(-1) as keyof typeof seconds],
    0
  );
}

export function scheduleOf(run: Run): string | undefined {
  return run.metadata.labels?.[labels.schedule];
}

/** How it ended, or why it waits. */
export function messageOf(run: Run): string {
  return run.status?.message ?? condition(run.status?.conditions, 'Ready')?.message ?? '';
}
