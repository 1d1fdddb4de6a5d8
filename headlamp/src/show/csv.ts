import type { Value } from './order';

// Signs that begin a formula, in each width that spreadsheets read, behind what they pass over.
const formula = /^[\s\p{Cc}\p{Cf}\ufffd]*[=+\-@＝＋－＠﹦﹢﹣﹫−]/u;
const breaks = /^[\t\r\n]/;
const negative = /^-[0-9]+(\.[0-9]+)?$/;

/**
 * Keeps a text from outside, such as the name of a licence, from being a formula to the spreadsheet
 * that opens the file, as the CLI does. A negative number stays one.
 */
function inert(text: string): string {
  return (formula.test(text) && !negative.test(text)) || breaks.test(text) ? `'${text}` : text;
}

function cell(value: Value): string {
  if (value === undefined) {
    return '';
  }
  const text = typeof value === 'string' ? inert(value) : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

/** Lines of comma-separated values, as spreadsheets read them: with a byte order mark. */
export function csv<T>(columns: { header: string; value(row: T): Value }[], rows: T[]): string {
  const lines = [
    columns.map(column => cell(column.header)),
    ...rows.map(row => columns.map(column => cell(column.value(row)))),
  ];
  return `\ufeff${lines.map(line => `${line.join(',')}\r\n`).join('')}`;
}

/** Hands a text over as a file. */
export function save(name: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
