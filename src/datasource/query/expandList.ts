// Template variables in lists: a variable with several values becomes several entries.

/** Grafana's `templateSrv.replace` with the variables' scope already bound. */
export type Replace = (text: string, format: (value: unknown, variable?: unknown) => string) => string;

// Private-use characters, which occur in no name. They mark the values of a variable inside the replaced text.
const OPEN = '\uE000';
const NEXT = '\uE001';
const CLOSE = '\uE002';

const ALL = new Set(['All', '$__all']);

function mark(value: unknown): string {
  return Array.isArray(value) ? `${OPEN}${value.map(String).join(NEXT)}${CLOSE}` : String(value);
}

/** Every text that a marked text stands for: one for each combination of the values of its variables. */
function combinations(marked: string): string[] {
  const start = marked.indexOf(OPEN);
  if (start < 0) {
    return [marked];
  }
  const end = marked.indexOf(CLOSE, start);
  const before = marked.slice(0, start);
  const values = marked.slice(start + 1, end);
  const rest = combinations(marked.slice(end + 1));
  return values === '' ? [] : values.split(NEXT).flatMap((value) => rest.map((tail) => before + value + tail));
}

/**
 * Replaces the variables in each entry, and drops empty and repeated entries. If any entry is `All`, the list becomes
 * empty, because an empty list means everything.
 */
export function expandList(entries: string[], replace: Replace): string[] {
  const expanded = entries
    .flatMap((entry) => combinations(replace(entry, mark)))
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  return expanded.some((entry) => ALL.has(entry)) ? [] : [...new Set(expanded)];
}

/**
 * Replaces the variables in a text that must be a single value. Several values are joined by commas: the backend then
 * rejects them with a message that names them all, instead of one being picked silently.
 */
export function expandValue(value: string | undefined, replace: Replace): string | undefined {
  if (value === undefined) {
    return undefined;
  }
  const text = combinations(replace(value, mark)).join(',').trim();
  return text === '' ? undefined : text;
}
