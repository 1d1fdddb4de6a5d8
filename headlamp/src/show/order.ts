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
  const values = rows.map(value);
  const rank = ranks(values);
  const unknown = descending ? -Infinity : Infinity;
  const sign = descending ? -1 : 1;
  const keyed = rows.map((row, i) => {
    const key = values[i];
    return { row, rank: key === undefined ? unknown : rank(key) };
  });
  keyed.sort((a, b) => (a.rank === b.rank ? 0 : sign * (a.rank - b.rank)));
  return keyed.map(({ row }) => row);
}

/** What values are sorted by. Text is compared once for each that differs: a collator is slow, and names repeat. */
function ranks(values: Value[]): (value: string | number) => number {
  if (values.every(value => typeof value !== 'string')) {
    return Number;
  }
  const rank = new Map<string | number, number>();
  let now = 0;
  let last: string | number | undefined;
  for (const value of [...new Set(values.filter(value => value !== undefined))].sort(compare)) {
    now += last === undefined || compare(last, value) === 0 ? 0 : 1;
    rank.set(value, now);
    last = value;
  }
  return value => rank.get(value)!;
}
