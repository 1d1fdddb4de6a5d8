import { expect, it } from 'vitest';
import { csv } from './csv';
import type { Value } from './order';

const line = (...values: Value[]) =>
  csv(
    values.map((value, i) => ({ header: `h${i}`, value: () => value })),
    [{}]
  ).split('\r\n')[1];

it('writes a head and quotes what it must', () => {
  const text = csv(
    [{ header: 'a,b', value: (row: string) => row }],
    ['x', 'say "x"', 'two\nlines']
  );
  expect(text).toBe('\ufeff"a,b"\r\nx\r\n"say ""x"""\r\n"two\nlines"\r\n');
});

it('leaves unknown empty and numbers as they are', () => {
  expect(line(undefined, 0, -3, '-3', '-1.5', 1234567)).toBe(',0,-3,-3,-1.5,1234567');
});

it.each(['=1+1', '+1', '-1+1', '@SUM(A1)', '\tx', ' =1', '\u200b=1', '\u0000=1', '＝1', '−x'])(
  'makes %j inert',
  text => {
    expect(line(text)).toBe(`'${text}`);
  }
);

it('makes a cell that begins with a line break inert', () => {
  expect(line('\r=1')).toBe('"\'\r=1"');
});

it('leaves other text alone', () => {
  expect(line('Calling - Professional', 'a=b', 'كلمة', '📞')).toBe(
    'Calling - Professional,a=b,كلمة,📞'
  );
});
