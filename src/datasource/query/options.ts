// The choices of the query editor with the words that people see.
import type { LoadModel, QueryType, Select } from '../types';

interface Option<T extends string> {
  value: T;
  label: string;
  description: string;
}

const BENCHMARKS = 'Benchmarks';
const PRODUCTION = 'Production';
const OTHER = 'Other';

export const QUERY_TYPES: (Option<QueryType> & { group: string })[] = [
  {
    value: 'curve',
    label: 'Curve',
    description: 'Measured levels and the fitted line, for the Headroom panel',
    group: BENCHMARKS,
  },
  {
    value: 'verdict',
    label: 'Verdict',
    description: 'One row per run: where it breaks and why; for alerts too',
    group: BENCHMARKS,
  },
  {
    value: 'levels',
    label: 'Levels',
    description: 'One row per run and load level, for a table',
    group: BENCHMARKS,
  },
  {
    value: 'headroom',
    label: 'Headroom',
    description: 'How much of the breaking load is left, now or over time; for alerts too',
    group: PRODUCTION,
  },
  {
    value: 'overlay',
    label: 'Overlay',
    description: 'Production in the coordinates of the curve, for the Headroom panel',
    group: PRODUCTION,
  },
  {
    value: 'live',
    label: 'Live',
    description: 'Load, latencies, token rates and pressure over time',
    group: PRODUCTION,
  },
  {
    value: 'bottleneck',
    label: 'Bottleneck',
    description: 'What limits each deployment, with the evidence',
    group: PRODUCTION,
  },
  {
    value: 'drift',
    label: 'Drift',
    description: 'Production against the benchmark at the same load',
    group: PRODUCTION,
  },
  {
    value: 'cost_now',
    label: 'Cost now',
    description: 'What the tokens of real traffic cost, idle time included',
    group: PRODUCTION,
  },
  {
    value: 'energy',
    label: 'Energy',
    description: 'Joules per token of real traffic, idle time included',
    group: PRODUCTION,
  },
  { value: 'promql', label: 'PromQL', description: 'An expression of your own', group: OTHER },
  {
    value: 'annotations',
    label: 'Annotations',
    description: 'Benchmarks, saturation, restarts and changes as marks in time',
    group: OTHER,
  },
];

/** What `live` can give. */
export const LIVE_FIELDS: Option<string>[] = [
  { value: 'load', label: 'Load per replica', description: 'Requests in flight per replica' },
  { value: 'concurrency', label: 'In flight', description: 'Requests running or waiting, all replicas' },
  { value: 'running', label: 'Running', description: 'Requests in the batch' },
  { value: 'waiting', label: 'Waiting', description: 'Requests waiting for a place in the batch' },
  { value: 'replicas', label: 'Replicas', description: 'Servers that have metrics' },
  { value: 'request_rate', label: 'Request rate', description: 'Requests that finished, per second' },
  { value: 'output_tokens_per_second', label: 'Output tokens', description: 'Tokens generated per second' },
  { value: 'prompt_tokens_per_second', label: 'Prompt tokens', description: 'Prompt tokens read per second' },
  { value: 'ttft', label: 'TTFT', description: 'Time to first token, with its bucket' },
  { value: 'itl', label: 'ITL', description: 'Time between tokens, with its bucket' },
  { value: 'e2e', label: 'E2E', description: 'From arrival to the last token, with its bucket' },
  { value: 'queue', label: 'Queue', description: 'Time waiting for a place in the batch, with its bucket' },
  { value: 'kv_cache_use', label: 'KV cache', description: 'Highest share of a replica’s KV cache in use' },
  { value: 'preemptions_per_second', label: 'Preemptions', description: 'Requests put back, per second' },
  { value: 'prefix_cache_hits', label: 'Prefix cache hits', description: 'Share of prompt tokens in the cache' },
  { value: 'gpu_utilization', label: 'GPU use', description: 'Share of time in which the GPUs ran anything' },
];

export const ANNOTATION_KINDS: Option<string>[] = [
  { value: 'runs', label: 'Benchmark runs', description: 'From begin to end, with the verdict' },
  { value: 'episodes', label: 'Saturation', description: 'From begin to end, with the cause' },
  { value: 'restarts', label: 'Restarts', description: 'When counters began anew' },
  { value: 'changes', label: 'Changes', description: 'When results of benchmarks or production’s latency changed' },
];

export const FORMATS: Option<string>[] = [
  { value: 'table', label: 'Now', description: 'One row per deployment' },
  { value: 'series', label: 'Over time', description: 'One line per deployment' },
];

/** Which parts of a query the backend reads for a type. A variable may stand for any type. */
export function takes(queryType: string | undefined) {
  const is = (...types: QueryType[]) =>
    queryType?.includes('$') === true || types.some((type) => type === (queryType ?? 'curve'));
  const benchmarks = is('curve', 'verdict', 'levels');
  const production = is('live', 'headroom', 'overlay', 'bottleneck', 'drift', 'energy', 'cost_now');
  const annotations = is('annotations');
  return {
    deployments: benchmarks || production || annotations,
    namespaces: production || annotations,
    /** Which run of a deployment. */
    runs: benchmarks || production,
    limits: benchmarks || production || annotations,
    load: benchmarks || production,
    metric: is('curve', 'levels', 'overlay', 'drift'),
    statistic: is('curve', 'levels', 'overlay', 'drift', 'live'),
    format: is('headroom'),
    window: is('headroom', 'live'),
    fields: is('live'),
    interval: is('live', 'headroom', 'overlay', 'promql'),
    kinds: annotations,
    promql: is('promql'),
    /** Only with a Prometheus. */
    prometheus: production || is('promql'),
  };
}

export const LOAD_MODELS: Option<LoadModel>[] = [
  { value: 'closed', label: 'Users', description: 'Closed loop: a fixed number of concurrent users' },
  { value: 'open', label: 'Requests/s', description: 'Open loop: requests arrive at a given rate' },
];

export const SELECTS: Option<Select>[] = [
  { value: 'most_requests', label: 'Most requests', description: 'The run with most successful requests' },
  { value: 'latest', label: 'Latest', description: 'The newest run' },
  { value: 'all', label: 'All runs', description: 'Every run of the deployment' },
];

const LATENCIES = ['ttft', 'itl', 'tpot', 'e2e'];

export const METRICS: Option<string>[] = [
  { value: 'ttft', label: 'TTFT', description: 'Time to first token' },
  { value: 'itl', label: 'ITL', description: 'Inter-token latency' },
  { value: 'tpot', label: 'TPOT', description: 'Time per output token, as the benchmark tool defines it' },
  { value: 'e2e', label: 'E2E', description: 'End-to-end latency of a request' },
  { value: 'request_rate', label: 'Request rate', description: 'Successful requests per second' },
  { value: 'output_tokens_per_second', label: 'Output tokens/s', description: 'Output tokens per second' },
];

export const STATISTICS: Option<string>[] = [
  { value: 'mean', label: 'Mean', description: 'Arithmetic mean' },
  { value: 'p50', label: 'p50', description: 'Median' },
  { value: 'p90', label: 'p90', description: '90th percentile' },
  { value: 'p95', label: 'p95', description: '95th percentile' },
  { value: 'p99', label: 'p99', description: '99th percentile' },
];

/** Whether a statistic can be chosen for the metric. A variable may stand for a latency. */
export function hasStatistic(metric: string | undefined): boolean {
  return metric === undefined || metric.includes('$') || LATENCIES.includes(metric);
}
