import { expect, it } from 'vitest';
import { ordered, Value } from './order';

const sorted = (values: Value[], descending = false) =>
  ordered(
    values.map((value, i) => ({ value, i })),
    row => row.value,
    descending
  ).map(row => (row.value === undefined ? `?${row.i}` : `${row.value}${row.i}`));

it('puts unknown last in both directions', () => {
  expect(sorted([3, undefined, -1, undefined, 0])).toEqual(['-12', '04', '30', '?1', '?3']);
  expect(sorted([3, undefined, -1], true)).toEqual(['30', '-12', '?1']);
  expect(sorted(['b', undefined, 'a'], true)).toEqual(['b0', 'a2', '?1']);
});

it('compares text by its numbers, whatever the case, and leaves equals in their order', () => {
  expect(sorted(['n10', 'N2', 'n2', 'a', 'N2'])).toEqual(['a3', 'N21', 'n22', 'N24', 'n100']);
  expect(sorted(['n10', 'N2', 'n2', 'N2'], true)).toEqual(['n100', 'N21', 'n22', 'N23']);
});
