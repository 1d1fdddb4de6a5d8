/** Brings the API server's words to the fields of the form that they are about. Pure. */
import type { Faults, Form } from './form';

/** Words at fields, and those that belong to none. */
export interface Words {
  at: Faults;
  rest: string[];
}

const types =
  'Invalid value|Required value|Unsupported value|Duplicate value|Forbidden|Too long|Too many|Too few|Not found|Internal error';
// A cause begins with a path and the type of what is wrong with it.
const begin = new RegExp(`^([A-Za-z<][\\w.<>\\-/]*(?:\\[[^\\]]*\\][\\w.]*)*): (?:${types})\\b`);

const fields: Record<string, keyof Form> = {
  'metadata.name': 'name',
  'metadata.namespace': 'namespace',
  'spec.customerAccessRef': 'customer',
  'spec.customerAccessSelector': 'labels',
  'spec.at': 'at',
  'spec.schedule': 'schedule',
  'spec.timeZone': 'timeZone',
  'spec.every.firstTime': 'firstTime',
  'spec.every': 'interval',
  'spec.startTime': 'startTime',
  'spec.endTime': 'endTime',
  'spec.concurrencyPolicy': 'concurrencyPolicy',
  'spec.spreadSeconds': 'spreadSeconds',
  'spec.startingDeadlineSeconds': 'startingDeadlineSeconds',
  'spec.successfulRunsHistoryLimit': 'successfulRunsHistoryLimit',
  'spec.failedRunsHistoryLimit': 'failedRunsHistoryLimit',
};

/** Takes a refusal apart: `… is invalid: [spec.schedule: Invalid value: "x": words, …]`. */
export function serverWords(message: string): Words {
  const words: Words = { at: {}, rest: [] };
  const marker = ' is invalid: ';
  const from = message.indexOf(marker);
  if (from < 0) {
    words.rest.push(message);
    return words;
  }
  let causes = message.slice(from + marker.length).trim();
  if (causes.startsWith('[') && causes.endsWith(']')) {
    causes = causes.slice(1, -1);
  }
  for (const cause of split(causes)) {
    const path = begin.exec(cause)?.[1];
    const field = path && fieldOf(path);
    if (!field) {
      words.rest.push(cause);
      continue;
    }
    const said = withoutValue(cause.slice(path.length + 2));
    words.at[field] = words.at[field] ? `${words.at[field]}; ${said}` : said;
  }
  return words;
}

/** Splits at commas outside of quotes that a new cause follows. */
function split(causes: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let i = 0; i < causes.length; i++) {
    if (quoted && causes[i] === '\\') {
      i++;
    } else if (causes[i] === '"') {
      quoted = !quoted;
    } else if (!quoted && causes.startsWith(', ', i) && begin.test(causes.slice(i + 2))) {
      parts.push(causes.slice(start, i));
      start = i + 2;
    }
  }
  parts.push(causes.slice(start));
  return parts.filter(part => part !== '');
}

/** The field of the form that a path is of, or is inside of. */
function fieldOf(path: string): keyof Form | undefined {
  const inside = (known: string) =>
    path === known || path.startsWith(`${known}.`) || path.startsWith(`${known}[`);
  const known = Object.keys(fields).find(inside);
  return known === undefined ? undefined : fields[known];
}

/** The field holds the value already. */
function withoutValue(said: string): string {
  return said.replace(/^Invalid value: (?:"(?:[^"\\]|\\.)*"|[^:"]*): /, '');
}
