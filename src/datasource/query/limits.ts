// Limits as users type them, `ttft_p95=1000ms, error_rate=1%`. The backend decides what is valid; the checks here show
// mistakes while the user types.
import { Latency, type Limit, LIMIT_UNITS, LimitUnit, Statistic, Subject } from '../../generated/contract';

const VARIABLE = /\$\w|\$\{|\[\[/;

/** Splits a text at commas, semicolons and line ends. */
export function splitLimits(text: string): string[] {
  return text
    .split(/[,;\n]/)
    .map((limit) => limit.trim())
    .filter((limit) => limit !== '');
}

/** The text that an input shows for these limits. */
export function joinLimits(limits: readonly string[]): string {
  return limits.join(', ');
}

function boundProblem(subject: string, number: number, unit: string): string | undefined {
  switch (LIMIT_UNITS[subject]) {
    case LimitUnit.Milliseconds:
      return (unit === LimitUnit.Milliseconds || unit === 's') && number > 0
        ? undefined
        : `expected a duration above zero in ms or s, for example ${subject}=1000ms`;
    case LimitUnit.Share: {
      const share = unit === '%' ? number / 100 : number;
      // A 1 without a unit is ambiguous: 1 % or 100 %.
      return (unit === '%' && share <= 1) || (unit === '' && share < 1)
        ? undefined
        : `expected a share below 1 or per cent, for example ${subject}=1%`;
    }
    case LimitUnit.Requests:
      return unit === '' ? undefined : `expected a number of requests, for example ${subject}=5`;
    case undefined: {
      const latencies = orList(Object.values(Latency));
      const statistics = orList(Object.values(Statistic).map((statistic) => `_${statistic}`));
      const others = Object.values(Subject).join(', ');
      return `expected ${latencies} with ${statistics}, or one of ${others}; found “${subject}”`;
    }
  }
}

/** `a, b or c`. */
function orList(words: string[]): string {
  return [words.slice(0, -1).join(', '), ...words.slice(-1)].join(' or ');
}

function problemOf(limit: string): string | undefined {
  if (VARIABLE.test(limit)) {
    return undefined;
  }
  const parts = /^(\w+)\s*(?:<=|≤|=)\s*(\d+(?:\.\d*)?|\.\d+)\s*([a-z%]*)$/i.exec(limit);
  if (!parts) {
    return `“${limit}”: expected name=bound, for example ttft_p95=1000ms.`;
  }
  const [, subject = '', number, unit = ''] = parts;
  const problem = boundProblem(subject.toLowerCase(), Number(number), unit);
  return problem && `“${limit}”: ${problem}.`;
}

/** The first mistake in a list of limits and what was expected instead; `undefined` if all are right. */
export function limitsProblem(limits: readonly string[]): string | undefined {
  if (limits.length === 0) {
    return 'Expected at least one limit, for example ttft_p95=1000ms.';
  }
  return limits.map(problemOf).find((problem) => problem !== undefined);
}

/** The limits of a service level as texts that the user can edit. */
export function limitsToText(limits: readonly Pick<Limit, 'id' | 'bound' | 'unit'>[]): string[] {
  return limits.map(({ id, bound, unit }) => {
    if (unit === LimitUnit.Share && bound >= 1) {
      return `${id}=100%`;
    }
    return `${id}=${bound}${unit === LimitUnit.Milliseconds ? unit : ''}`;
  });
}
