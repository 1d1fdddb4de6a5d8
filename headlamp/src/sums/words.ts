/**
 * Text as Go compares and folds it, so that lines come in the order of `kubectl webex licenses`,
 * whatever the language of the browser.
 */

/** Compares by code points, as Go does by bytes of UTF-8; JavaScript's < goes by UTF-16. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) {
      // Surrogates stand for the highest code points, though their numbers are lower.
      return rank(x) - rank(y);
    }
  }
  return a.length - b.length;
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** Lower case, one code point for each, as Go's strings.ToLower. */
export function lower(text: string): string {
  return byCodePoint(text, point => first(point.toLowerCase()));
}

/** What is the same of two texts that differ in case alone, as for Go's strings.EqualFold. */
export function fold(text: string): string {
  return byCodePoint(text, point => {
    const upper = point.toUpperCase();
    return first((first(upper) === upper ? upper : point).toLowerCase());
  });
}

function byCodePoint(text: string, change: (point: string) => string): string {
  // eslint-disable-next-line no-control-regex
  return /^[\u0000-\u007f]*$/.test(text) ? text.toLowerCase() : Array.from(text, change).join('');
}

function first(text: string): string {
  return String.fromCodePoint(text.codePointAt(0) ?? 0);
}
