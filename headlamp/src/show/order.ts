/** What a column is sorted by: unknown comes last, whichever the direction. */
export type Value = string | number | undefined;

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

export function compare(a: Value, b: Value): number {
  if (typeof a === 'number' && typeof b === 'number') {
    return a - b;
  }
  return collator.compare(String(a), String(b));
}

/** Rows by a value of theirs; the order of equal ones stays. */
export function ordered<T>(rows: T[], value: (row: T) => Value, descending: boolean): T[] {
  const keyed = rows.map(row => ({ row, key: value(row) }));
  keyed.sort((a, b) => {
    if (a.key === undefined || b.key === undefined) {
      return Number(a.key === undefined) - Number(b.key === undefined);
    }
    return descending ? compare(b.key, a.key) : compare(a.key, b.key);
  });
  return keyed.map(({ row }) => row);
}
