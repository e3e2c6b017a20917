// The words for things on the screen.
import { Latency, LoadUnit, Metric, type Run, BreakingState, Subject } from '../generated/contract';

const METRICS: Record<string, string> = {
  [Metric.Ttft]: 'TTFT',
  [Metric.Itl]: 'ITL',
  [Metric.Tpot]: 'TPOT',
  [Metric.E2e]: 'E2E latency',
  [Subject.ErrorRate]: 'Error rate',
  [Subject.Unserved]: 'Unserved load',
  [Subject.QueueDepth]: 'Queue depth',
  [Subject.KvCacheUse]: 'KV cache use',
  [Metric.RequestRate]: 'Request rate',
  [Metric.OutputTokensPerSecond]: 'Output token rate',
};

/** `TTFT p95`, `Request rate`. */
export function metricTitle(metric: string, statistic: string | null): string {
  const name = METRICS[metric] ?? metric;
  return statistic === null || statistic === '' ? name : `${name} ${statistic}`;
}

/** Whether a quantity can only get worse as load grows, so that a line can be fitted and can cross a limit. */
export function isMonotone(metric: string): boolean {
  return metric !== Metric.RequestRate && metric !== Metric.OutputTokensPerSecond;
}

/** Whether the metric is a latency: a level without a successful request has none. */
export function isLatency(metric: string): boolean {
  return Object.values<string>(Latency).includes(metric);
}

/** The title of the load axis. */
export function loadTitle(unit: string): string {
  switch (unit) {
    case LoadUnit.Users:
      return 'Load (concurrent users)';
    case '':
      return 'Load';
    default:
      return `Load (${unit})`;
  }
}

/** The state of a verdict in words, which precede its number. */
export function stateWords(state: BreakingState): string {
  switch (state) {
    case BreakingState.Edge:
      return 'Breaks at';
    case BreakingState.Cliff:
    case BreakingState.Bracket:
      return 'Breaks between';
    case BreakingState.Floor:
      return 'Limit not reached, holds at least';
    case BreakingState.NeverMet:
      return 'Limit never met, breaks below';
    case BreakingState.NotMeasured:
      return 'Cannot be judged';
  }
}

/** The deployment that was benchmarked, as far as it is known: `tiny-llama · bf16 · NVIDIA L4 × 2`. */
export function deploymentWords(run: Run): string {
  const hardware = run.hardware ?? 'hardware unknown';
  const gpus = run.hardware !== null && run.gpus !== null ? ` × ${run.gpus}` : '';
  return [run.model ?? 'model unknown', run.quantization ?? 'quantization unknown', `${hardware}${gpus}`].join(' · ');
}

/** `1 request`, `1,204 requests`. */
export function countWords(count: number, singular: string): string {
  return `${count.toLocaleString('en-US')} ${singular}${count === 1 ? '' : 's'}`;
}

/** The workload: `128 in / 64 out, closed loop`. */
export function workloadWords({ prompt_tokens, output_tokens, shape, load_model }: Run): string {
  const whole = (tokens: number | null) =>
    tokens === null ? 'unknown' : tokens.toLocaleString('en-US', { maximumFractionDigits: 0 });
  const lengths = `${whole(prompt_tokens)} in / ${whole(output_tokens)} out`;
  const isUnknown = prompt_tokens === null && output_tokens === null;
  return `${isUnknown ? (shape ?? lengths) : lengths}, ${load_model} loop`;
}
