import type { Condition } from '../api/types';

/** The condition of a type. */
export function condition(
  conditions: Condition[] | undefined,
  type: string
): Condition | undefined {
  return conditions?.find(one => one.type === type);
}

/** Whether an object is well, in one word: the reason of Ready. */
export function readyReason(conditions: Condition[] | undefined): string | undefined {
  return condition(conditions, 'Ready')?.reason;
}
