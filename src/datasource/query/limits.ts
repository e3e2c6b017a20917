// Limits as people type them, `ttft_p95=1000ms, error_rate=1%`. The backend has the last word; this says early what
// it would refuse.
import type { Limit } from '../resources';

const LATENCY = /^(ttft|itl|tpot|e2e)_(mean|p50|p90|p95|p99)$/;
const SHARE = /^(error_rate|kv_cache_use)$/;
const VARIABLE = /\$\w|\$\{|\[\[/;

/** Splits at commas, semicolons and line ends. */
export function splitLimits(text: string): string[] {
  return text
    .split(/[,;\n]/)
    .map((limit) => limit.trim())
    .filter((limit) => limit !== '');
}

/** How limits are shown in an input. */
export function joinLimits(limits: readonly string[]): string {
  return limits.join(', ');
}

function boundProblem(subject: string, number: number, unit: string): string | undefined {
  if (LATENCY.test(subject)) {
    return (unit === 'ms' || unit === 's') && number > 0
      ? undefined
      : `expected a duration above zero in ms or s, for example ${subject}=1000ms`;
  }
  if (SHARE.test(subject)) {
    const share = unit === '%' ? number / 100 : number;
    // 1 without a unit may mean 1 % or everything.
    return (unit === '%' && share <= 1) || (unit === '' && share < 1)
      ? undefined
      : `expected a share below 1 or per cent, for example ${subject}=1%`;
  }
  if (subject === 'queue_depth') {
    return unit === '' ? undefined : 'expected a number of requests, for example queue_depth=5';
  }
  return `expected ttft, itl, tpot or e2e with _mean, _p50, _p90, _p95 or _p99, or error_rate; found “${subject}”`;
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

/** The first thing that is wrong with a list of limits and what was expected instead; nothing when it is right. */
export function limitsProblem(limits: readonly string[]): string | undefined {
  if (limits.length === 0) {
    return 'Expected at least one limit, for example ttft_p95=1000ms.';
  }
  return limits.map(problemOf).find((problem) => problem !== undefined);
}

/** The limits of a service level as text to start editing from. */
export function limitsToText(limits: readonly Pick<Limit, 'id' | 'bound' | 'unit'>[]): string[] {
  return limits.map(({ id, bound, unit }) => {
    if (unit === 'ratio' && bound >= 1) {
      return `${id}=100%`;
    }
    return `${id}=${bound}${unit === 'ms' ? 'ms' : ''}`;
  });
}
