// The choices of the query editor with the words that people see.
import type { LoadModel, QueryType, Select } from '../types';

interface Option<T extends string> {
  value: T;
  label: string;
  description: string;
}

export const QUERY_TYPES: Option<QueryType>[] = [
  { value: 'curve', label: 'Curve', description: 'Measured levels and the fitted line, for the Headroom panel' },
  { value: 'verdict', label: 'Verdict', description: 'One row per run: where it breaks and why; for alerts too' },
  { value: 'levels', label: 'Levels', description: 'One row per run and load level, for a table' },
];

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
