/** What a form says of a schedule, and what that changes. Pure. */
import type { Schedule } from '../../api/resources';
import type {
  LicenseSyncScheduleSpec,
  LicenseSyncScheduleSpecCustomerAccessSelector as Selector,
} from '../../api/types';

/** The fields of the form, as they are written. */
export interface Form {
  namespace: string;
  name: string;
  who: 'one' | 'labels' | 'all';
  customer: string;
  /** key=value, with commas between. */
  labels: string;
  /** Requirements that the form does not show. They stay as long as customers are chosen by labels. */
  expressions: Selector['matchExpressions'];
  specific: boolean;
  at: string[];
  calendar: boolean;
  schedule: string;
  timeZone: string;
  timed: boolean;
  interval: string;
  firstTime: string;
  startTime: string;
  endTime: string;
  active: boolean;
  runOnActivation: boolean;
  concurrencyPolicy: 'Forbid' | 'Replace';
  spreadSeconds: string;
  startingDeadlineSeconds: string;
  successfulRunsHistoryLimit: string;
  failedRunsHistoryLimit: string;
}

/** Words at fields: what is wrong with what they hold. */
export type Faults = Partial<Record<keyof Form, string>>;

const numbers = [
  'spreadSeconds',
  'startingDeadlineSeconds',
  'successfulRunsHistoryLimit',
  'failedRunsHistoryLimit',
] as const;

/** The fields that the form shows on demand only. */
export const more: (keyof Form)[] = [...numbers, 'concurrencyPolicy', 'runOnActivation'];

/** The form of a schedule that is there, or of a new one. */
export function formOf(schedule: Schedule | undefined, namespace = ''): Form {
  const spec: LicenseSyncScheduleSpec = schedule?.spec ?? { customerAccessSelector: {} };
  const selector = spec.customerAccessSelector;
  const labels = Object.entries(selector?.matchLabels ?? {});
  const chosen = labels.length > 0 || (selector?.matchExpressions ?? []).length > 0;
  return {
    namespace: schedule?.metadata.namespace ?? namespace,
    name: schedule?.metadata.name ?? '',
    who: spec.customerAccessRef ? 'one' : chosen ? 'labels' : 'all',
    customer: spec.customerAccessRef?.name ?? '',
    labels: labels.map(([key, value]) => `${key}=${value}`).join(', '),
    expressions: selector?.matchExpressions,
    specific: spec.at !== undefined,
    at: spec.at ?? [],
    calendar: schedule === undefined || spec.schedule !== undefined,
    schedule: spec.schedule ?? '',
    timeZone: spec.timeZone ?? '',
    timed: spec.every !== undefined,
    interval: spec.every?.interval ?? '',
    firstTime: spec.every?.firstTime ?? '',
    startTime: spec.startTime ?? '',
    endTime: spec.endTime ?? '',
    active: spec.suspend !== true,
    runOnActivation: spec.runOnActivation === true,
    concurrencyPolicy: spec.concurrencyPolicy ?? 'Forbid',
    spreadSeconds: text(spec.spreadSeconds),
    startingDeadlineSeconds: text(spec.startingDeadlineSeconds),
    successfulRunsHistoryLimit: text(spec.successfulRunsHistoryLimit),
    failedRunsHistoryLimit: text(spec.failedRunsHistoryLimit),
  };
}

function text(value: number | undefined): string {
  return value === undefined ? '' : String(value);
}

/** What the form can tell by itself. All else the API server says. */
export function faultsOf(form: Form): Faults {
  const faults: Faults = {};
  if (form.name.trim() === '') {
    faults.name = 'Write a name.';
  }
  if (form.namespace.trim() === '') {
    faults.namespace = 'Write the namespace of the customers.';
  }
  if (form.who === 'one' && form.customer.trim() === '') {
    faults.customer = 'Choose a customer.';
  }
  const labels = labelsOf(form.labels);
  if (form.who === 'labels' && labels === undefined) {
    faults.labels = 'Write labels as key=value, with commas between.';
  } else if (form.who === 'labels' && !form.expressions && Object.keys(labels!).length === 0) {
    faults.labels = 'Write a label. Without one, all customers would be chosen.';
  }
  for (const field of numbers) {
    if (!/^(-?\d+)?$/.test(form[field].trim())) {
      faults[field] = 'Write a whole number, or nothing for the default.';
    }
  }
  return faults;
}

/** Labels from text; undefined if it has another form. */
export function labelsOf(written: string): Record<string, string> | undefined {
  const labels: Record<string, string> = {};
  for (const part of written.split(',').map(one => one.trim())) {
    const [key, value, ...rest] = part.split('=').map(one => one.trim());
    if (part === '') {
      continue;
    }
    if (key === '' || value === undefined || rest.length > 0) {
      return undefined;
    }
    labels[key] = value;
  }
  return labels;
}

/** The selector that the form describes; undefined if it describes none. */
export function selectorOf(form: Form): Selector | undefined {
  if (form.who === 'one') {
    return undefined;
  }
  if (form.who === 'all') {
    return {};
  }
  const labels = labelsOf(form.labels) ?? {};
  return {
    ...(Object.keys(labels).length > 0 && { matchLabels: labels }),
    ...(form.expressions && { matchExpressions: form.expressions }),
  };
}

/** The fields of the spec that the form knows. A kind of execution that is chosen and empty stays, so that the API server speaks. */
export function specOf(form: Form): LicenseSyncScheduleSpec {
  const spec: LicenseSyncScheduleSpec = {};
  if (form.who === 'one') {
    spec.customerAccessRef = { name: form.customer.trim() };
  } else {
    spec.customerAccessSelector = selectorOf(form);
  }
  if (form.specific) {
    spec.at = form.at.filter(time => time !== '');
  }
  if (form.calendar) {
    spec.schedule = form.schedule.trim();
  }
  if (form.timed) {
    spec.every = { interval: form.interval.trim() };
    if (form.firstTime) {
      spec.every.firstTime = form.firstTime;
    }
  }
  for (const field of ['timeZone', 'startTime', 'endTime'] as const) {
    if (form[field].trim() !== '') {
      spec[field] = form[field].trim();
    }
  }
  if (!form.active) {
    spec.suspend = true;
  }
  if (form.runOnActivation) {
    spec.runOnActivation = true;
  }
  if (form.concurrencyPolicy !== 'Forbid') {
    spec.concurrencyPolicy = form.concurrencyPolicy;
  }
  for (const field of numbers) {
    if (form[field].trim() !== '') {
      spec[field] = Number(form[field]);
    }
  }
  return spec;
}

/** A merge patch with the fields that changed; undefined if none did. Null takes a field away, and what the form does not know stays. */
export function patchOf(schedule: Schedule, form: Form): { spec: object } | undefined {
  const spec = difference(specOf(formOf(schedule)), specOf(form));
  return spec && { spec };
}

function difference(before: object, after: object): Record<string, unknown> | undefined {
  const was = before as Record<string, unknown>;
  const is = after as Record<string, unknown>;
  const changed: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(was), ...Object.keys(is)])) {
    if (isObject(was[key]) && isObject(is[key])) {
      const below = difference(was[key], is[key]);
      if (below) {
        changed[key] = below;
      }
    } else if (JSON.stringify(was[key]) !== JSON.stringify(is[key])) {
      changed[key] = is[key] ?? null;
    }
  }
  return Object.keys(changed).length > 0 ? changed : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
