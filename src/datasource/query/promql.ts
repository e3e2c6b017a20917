// Template variables in PromQL. A value is escaped, so that it always means exactly its text, or one of several texts.
import type { Replace } from './expandList';

// Private-use characters. They mark a variable's values inside the replaced text, and are removed from the values
// themselves.
const OPEN = '\uE000';
const NEXT = '\uE001';
const CLOSE = '\uE002';
/** Follows `OPEN` if any of the values may match, as a regular expression. */
const CHOICE = '\uE003';

function clean(value: unknown): string {
  return String(value).replace(/[\uE000-\uE003]/g, '');
}

/** Whether a variable may have several values, so that an expression matches it with `=~`. */
function isChoice(variable: unknown): boolean {
  const { multi, includeAll } = (variable ?? {}) as { multi?: boolean; includeAll?: boolean };
  return multi === true || includeAll === true;
}

function mark(value: unknown, variable: unknown): string {
  if (Array.isArray(value)) {
    return `${OPEN}${CHOICE}(${NEXT}${value.map(clean).join(NEXT)}${CLOSE}`;
  }
  return `${OPEN}${isChoice(variable) ? `${CHOICE}${NEXT}` : ''}${clean(value)}${CLOSE}`;
}

/** A regular expression that matches exactly this text. */
function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** A text escaped for a string that starts with `quote`. */
function inString(text: string, quote: string): string {
  // Between backticks there are no escapes, so a backtick is removed.
  return quote === '`'
    ? text.replaceAll('`', '')
    : text.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`).replaceAll('\n', '\\n');
}

/**
 * The PromQL text of a marked variable: inside a string with this quote, or outside any string if `quote` is
 * `undefined`.
 */
function written(marked: string, quote: string | undefined): string {
  if (!marked.startsWith(CHOICE)) {
    // Outside of strings a variable is part of the expression: a number, a duration, the name of a metric.
    return quote === undefined ? marked : inString(marked, quote);
  }
  const [begin = '', ...values] = marked.slice(CHOICE.length).split(NEXT);
  const choices = values.map(literal).join('|');
  return inString(begin === '' ? choices : `(${choices})`, quote ?? '"');
}

/**
 * Replaces the variables in a PromQL expression as Grafana's Prometheus data source does: a variable that can have
 * several values becomes a regular expression that matches any of them; any other variable becomes its value. Inside a
 * string a value is escaped for the quotes of that string, so that it cannot end the string. A custom value of *All* is
 * not escaped: Grafana inserts it itself.
 */
export function expandPromql(expr: string, replace: Replace): string {
  const marked = replace(expr, mark);
  let text = '';
  let quote: string | undefined;
  // In a comment a quote starts no string, and a variable is dropped: a line end in its value would end the comment.
  let isComment = false;
  let at = 0;
  while (at < marked.length) {
    const char = marked.charAt(at);
    // The user may have typed this character; without a `CLOSE` after it, it marks nothing.
    const end = char === OPEN ? marked.indexOf(CLOSE, at) : -1;
    if (end >= 0) {
      text += isComment ? '' : written(marked.slice(at + 1, end), quote);
      at = end + 1;
    } else if (isComment || (quote === undefined && char === '#')) {
      isComment = char !== '\n';
      text += char;
      at += 1;
    } else if (quote !== undefined && quote !== '`' && char === '\\') {
      text += marked.slice(at, at + 2);
      at += 2;
    } else {
      if (quote === undefined ? ['"', "'", '`'].includes(char) : char === quote) {
        quote = quote === undefined ? char : undefined;
      }
      text += char;
      at += 1;
    }
  }
  return text;
}
