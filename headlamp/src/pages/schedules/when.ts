/** When a schedule runs, in words. Pure. */
import cronstrue from 'cronstrue';
import type { Schedule } from '../../api/resources';

/** A cron line in words; undefined if it cannot be told. */
export function cronWords(line: string): string | undefined {
  try {
    return cronstrue.toString(line.trim(), { use24HourTimeFormat: true, verbose: false });
  } catch {
    return undefined;
  }
}

/** All that a schedule runs by, in one line. */
export function when({ spec }: Schedule): string {
  const parts: string[] = [];
  if (spec.schedule) {
    parts.push(cronWords(spec.schedule) ?? spec.schedule);
  }
  if (spec.every) {
    parts.push(`every ${spec.every.interval}`);
  }
  if (spec.at) {
    parts.push(spec.at.length === 1 ? 'once' : `at ${spec.at.length} times`);
  }
  return parts.join('; ');
}

/** Which customers a schedule reads, in words. */
export function whom({ spec }: Schedule): string {
  if (spec.customerAccessRef) {
    return spec.customerAccessRef.name;
  }
  const { matchLabels = {}, matchExpressions = [] } = spec.customerAccessSelector ?? {};
  const words = [
    ...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`),
    ...matchExpressions.map(({ key, operator, values }) =>
      values ? `${key} ${operator} (${values.join(', ')})` : `${key} ${operator}`
    ),
  ];
  return words.length > 0 ? words.join(', ') : 'all customers of the namespace';
}

/** The local part and the offset of a date-time, as two fields hold them. */
export function parts(time: string): { local: string; offset: string } {
  const found = /^(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)(?:\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(time);
  return found
    ? { local: found[1], offset: found[2] === 'Z' ? '+00:00' : found[2] }
    : { local: '', offset: '' };
}

/** A date-time of both parts; empty without a date. */
export function joined(local: string, offset: string): string {
  if (local === '') {
    return '';
  }
  return `${local.length === 16 ? `${local}:00` : local}${offset}`;
}

/** The offset of a zone that is so many minutes behind UTC, as a Date tells it. */
export function offsetOf(minutesBehind: number): string {
  const minutes = Math.abs(minutesBehind);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${minutesBehind > 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
