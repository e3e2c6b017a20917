// Template variables in lists: a variable with several values becomes several entries.

/** Grafana's `templateSrv.replace` with the variables' scope already bound. */
export type Replace = (text: string, format: (value: unknown, variable?: unknown) => string) => string;

// Private-use characters, which no name contains: they mark a variable's values inside the replaced text.
const OPEN = '\uE000';
const NEXT = '\uE001';
const CLOSE = '\uE002';

const ALL = new Set(['All', '$__all']);

function mark(value: unknown): string {
  return Array.isArray(value) ? `${OPEN}${value.map(String).join(NEXT)}${CLOSE}` : String(value);
}

/** Every text that a marked text stands for: one for each combination of its variables' values. */
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
 * Replaces the variables in each entry. Empty entries and repetitions disappear; if any entry is `All`, so do the
 * others, because an empty list means everything.
 */
export function expandList(entries: string[], replace: Replace): string[] {
  const expanded = entries
    .flatMap((entry) => combinations(replace(entry, mark)))
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  return expanded.some((entry) => ALL.has(entry)) ? [] : [...new Set(expanded)];
}

/**
 * Replaces the variables in a value that must be a single one. Several values are joined by commas, so that the
 * backend's message names what it was given instead of one of them being picked in silence.
 */
export function expandValue(value: string | undefined, replace: Replace): string | undefined {
  if (value === undefined) {
    return undefined;
  }
  const text = combinations(replace(value, mark)).join(',').trim();
  return text === '' ? undefined : text;
}
