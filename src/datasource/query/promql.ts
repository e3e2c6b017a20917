// Template variables in PromQL: whatever a variable holds, it stays the text, or the choice of texts, that it stands for.
import type { Replace } from './expandList';

// Private-use characters: they mark a variable's values inside the replaced text, and are taken out of the values.
const OPEN = '\uE000';
const NEXT = '\uE001';
const CLOSE = '\uE002';
/** Behind `OPEN`: any of the values, as a regular expression. */
const CHOICE = '\uE003';

function clean(value: unknown): string {
  return String(value).replace(/[\uE000-\uE003]/g, '');
}

/** Whether a variable may have several values, so that expressions match it by `=~`. */
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

/** A regular expression that matches one text and nothing else. */
function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** A text inside a string that this quote began. */
function inString(text: string, quote: string): string {
  // Between backticks nothing is escaped, and a backtick itself cannot be.
  return quote === '`'
    ? text.replaceAll('`', '')
    : text.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`).replaceAll('\n', '\\n');
}

/** What stands for a marked variable inside a string, or outside of any where there is no quote. */
function written(marked: string, quote: string | undefined): string {
  if (!marked.startsWith(CHOICE)) {
    // Outside of strings a variable is a part of the expression: a number, a duration, the name of a metric.
    return quote === undefined ? marked : inString(marked, quote);
  }
  const [begin = '', ...values] = marked.slice(CHOICE.length).split(NEXT);
  const choices = values.map(literal).join('|');
  return inString(begin === '' ? choices : `(${choices})`, quote ?? '"');
}

/**
 * Replaces the variables in a PromQL expression as Grafana's Prometheus data source does: those that can have several
 * values become a regular expression for any of them, the others the value itself. Inside of a string a value is escaped
 * for the quotes that the string has, so that it cannot end it. What a dashboard's author wrote as the value of *All* goes
 * in as it is: Grafana puts it there.
 */
export function expandPromql(expr: string, replace: Replace): string {
  const marked = replace(expr, mark);
  let text = '';
  let quote: string | undefined;
  // In a comment a quote begins nothing, and a variable would end it by a line end in its value.
  let isComment = false;
  let at = 0;
  while (at < marked.length) {
    const char = marked.charAt(at);
    // Somebody may have written such a character, which begins nothing where nothing ends.
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
