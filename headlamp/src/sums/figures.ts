/**
 * Units bought and in use; undefined is unknown. JavaScript holds whole numbers up to 2^53: sums
 * beyond are not those of the CLI, which go to 2^63. No organization has as many people.
 */
export interface Figures {
  totalUnits?: number;
  consumedUnits?: number;
  /** Total minus consumed; negative when over-assigned. */
  availableUnits?: number;
  /** Consumed by total, rounded down. */
  utilizationPercent?: number;
  consumedByUsers?: number;
  consumedByWorkspaces?: number;
  /** More may be in use: of some pool only the units at locations are known. */
  atLeast: boolean;
}

const mostPercent = 2 ** 31 - 1;

export function figures(
  totalUnits?: number,
  consumedUnits?: number,
  consumedByUsers?: number,
  consumedByWorkspaces?: number
): Figures {
  const known = totalUnits !== undefined && consumedUnits !== undefined;
  return {
    totalUnits,
    consumedUnits,
    consumedByUsers,
    consumedByWorkspaces,
    availableUnits: known ? totalUnits - consumedUnits : undefined,
    utilizationPercent: known ? percent(consumedUnits, totalUnits) : undefined,
    atLeast: false,
  };
}

/**
 * 100 × consumed / total, rounded down, as on the rows: of a total of nothing each unit is 100
 * percent, and nothing of nothing is unknown.
 */
export function percent(consumed: number, total: number): number | undefined {
  if ((total <= 0 && consumed === 0) || consumed < 0) {
    return undefined;
  }
  return Math.min(Math.floor((100 * consumed) / Math.max(total, 1)), mostPercent);
}

/** Adds what is known; two unknowns stay unknown. */
export function plus(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : a + b;
}

/** Units in use beyond what was bought. */
export function overAssigned({ availableUnits }: Figures): number {
  return availableUnits === undefined ? 0 : Math.max(0, -availableUnits);
}

/** Consumed by total; undefined if it is unknown, or both are nothing. */
export function share({ totalUnits, consumedUnits }: Figures): number | undefined {
  if (totalUnits === undefined || consumedUnits === undefined) {
    return undefined;
  }
  if (totalUnits === 0 && consumedUnits === 0) {
    return undefined;
  }
  return totalUnits <= 0 ? Infinity : consumedUnits / totalUnits;
}

/** Whether less than so many percent of the units are left. */
export function leavesLess({ totalUnits, availableUnits }: Figures, percent: number): boolean {
  return (
    totalUnits !== undefined &&
    availableUnits !== undefined &&
    availableUnits * 100 < percent * totalUnits
  );
}
