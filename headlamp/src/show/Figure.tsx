/** Whole units with the digits grouped; "?" is unknown. */
export function units(value: number | undefined): string {
  return value === undefined ? '?' : value.toLocaleString();
}

/** So many of something. */
export function count(n: number, noun: string): string {
  return `${units(n)} ${noun}${n === 1 ? '' : 's'}`;
}

/** How a share of used units is to be seen, by a customer's thresholds. */
export type Level = 'ok' | 'warning' | 'critical' | 'over';

/** The default thresholds of a customer, in percent. */
export const defaultThresholds = { warningPercent: 80, criticalPercent: 95 };

export function level(
  total: number | undefined,
  consumed: number | undefined,
  thresholds: { warningPercent?: number; criticalPercent?: number } = {}
): Level {
  if (total === undefined || consumed === undefined) {
    return 'ok';
  }
  if (consumed > total) {
    return 'over';
  }
  const percent = total === 0 ? 0 : (100 * consumed) / total;
  if (percent >= (thresholds.criticalPercent ?? defaultThresholds.criticalPercent)) {
    return 'critical';
  }
  return percent >= (thresholds.warningPercent ?? defaultThresholds.warningPercent)
    ? 'warning'
    : 'ok';
}
