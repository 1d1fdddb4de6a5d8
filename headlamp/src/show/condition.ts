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

// Conditions that are well when False. Where one of these is True, a person is to look.
const wellWhenFalse = new Set(['Stalled', 'PruneHeld', 'RemovalsHeld', 'Failed']);

/** Whether a condition asks for a person. What goes on, or is not known yet, does not. */
export function needsAttention({ type, status }: Condition): boolean {
  // What a run that is not Complete asks for, its Failed says.
  if (type === 'Reconciling' || type === 'Complete') {
    return false;
  }
  return status === (wellWhenFalse.has(type) ? 'True' : 'False');
}
