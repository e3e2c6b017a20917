// Written from crates/contract and the query kinds of the backend. Do not edit it:
// `UPDATE_EXPECT=1 cargo test -p headroom-backend --test backend generated` regenerates it.

/** How far the measurements go towards a breaking load. */
export const BreakingState = {
  Edge: 'edge',
  Floor: 'floor',
  NeverMet: 'never_met',
  Cliff: 'cliff',
  Bracket: 'bracket',
  NotMeasured: 'not_measured',
} as const;
export type BreakingState = (typeof BreakingState)[keyof typeof BreakingState];

/** How much a finding matters. */
export const FindingSeverity = {
  Info: 'info',
  Warning: 'warning',
  Error: 'error',
} as const;
export type FindingSeverity = (typeof FindingSeverity)[keyof typeof FindingSeverity];

/** The kinds of findings; docs/findings.md explains each. */
export const Code = {
  MetricNotMeasured: 'metric_not_measured',
  PercentileMissing: 'percentile_missing',
  ImpossibleThroughput: 'impossible_throughput',
  ErrorsHigh: 'errors_high',
  NonMonotone: 'non_monotone',
  FewSamples: 'few_samples',
  FewLevels: 'few_levels',
  LevelTooShort: 'level_too_short',
  NotSteady: 'not_steady',
  DatasetExhausted: 'dataset_exhausted',
  WideInterval: 'wide_interval',
  LevelsDiffer: 'levels_differ',
  IntervalUnknown: 'interval_unknown',
  LatencyFloor: 'latency_floor',
  NextLevel: 'next_level',
  IncompleteHigh: 'incomplete_high',
  PercentilesOutOfOrder: 'percentiles_out_of_order',
  ImpossibleUnits: 'impossible_units',
  LatenciesDisagree: 'latencies_disagree',
  TokenArithmetic: 'token_arithmetic',
  ReasoningInTtft: 'reasoning_in_ttft',
  NotStreamed: 'not_streamed',
  ClientSaturated: 'client_saturated',
  LoadAsOffered: 'load_as_offered',
  ToolWarning: 'tool_warning',
} as const;
export type Code = (typeof Code)[keyof typeof Code];

/** Whether a deployment is seen in production. */
export const Presence = {
  Serving: 'serving',
  Shedding: 'shedding',
  Idle: 'idle',
  Down: 'down',
  MetricMissing: 'metric_missing',
  NoData: 'no_data',
} as const;
export type Presence = (typeof Presence)[keyof typeof Presence];

/** What limits a deployment. */
export const Bottleneck = {
  KvCacheWall: 'kv_cache_wall',
  ComputeWall: 'compute_wall',
  LatencyFloor: 'latency_floor',
  Queueing: 'queueing',
  AdmissionLimit: 'admission_limit',
  NoneSeen: 'none_seen',
  Unknown: 'unknown',
} as const;
export type Bottleneck = (typeof Bottleneck)[keyof typeof Bottleneck];

/** What a deployment was doing. */
export const PhaseKind = {
  Idle: 'idle',
  Calm: 'calm',
  Saturated: 'saturated',
  Shedding: 'shedding',
  Recovered: 'recovered',
  Restarted: 'restarted',
  Down: 'down',
} as const;
export type PhaseKind = (typeof PhaseKind)[keyof typeof PhaseKind];

/** Which way production differs from its benchmark. */
export const Direction = {
  Slower: 'slower',
  Faster: 'faster',
  AsMeasured: 'as_measured',
  Unknown: 'unknown',
} as const;
export type Direction = (typeof Direction)[keyof typeof Direction];

/** How good or bad an answer of a comparison is. */
export const Mark = {
  None: 'none',
  Best: 'best',
  Bad: 'bad',
} as const;
export type Mark = (typeof Mark)[keyof typeof Mark];

/** The latencies of a request. */
export const Latency = {
  Ttft: 'ttft',
  Itl: 'itl',
  Tpot: 'tpot',
  E2e: 'e2e',
} as const;
export type Latency = (typeof Latency)[keyof typeof Latency];

/** Under which heading an editor offers a query kind. */
export const Group = {
  Benchmarks: 'benchmarks',
  Production: 'production',
  Other: 'other',
} as const;
export type Group = (typeof Group)[keyof typeof Group];

/** A part of a query that a kind may take. */
export const Part = {
  Deployments: 'deployments',
  Namespaces: 'namespaces',
  Runs: 'runs',
  Limits: 'limits',
  Load: 'load',
  Metric: 'metric',
  Statistic: 'statistic',
  Form: 'form',
  Window: 'window',
  Fields: 'fields',
  Annotations: 'annotations',
  Interval: 'interval',
  Promql: 'promql',
} as const;
export type Part = (typeof Part)[keyof typeof Part];

/** The `meta.custom.headroom` of the frames that the panel draws from. */
export const Drawn = {
  Levels: 'levels',
  Fit: 'fit',
  Verdict: 'verdict',
  Overlay: 'overlay',
  OverlayBins: 'overlay_bins',
  Headroom: 'headroom',
  Nothing: 'nothing',
} as const;
export type Drawn = (typeof Drawn)[keyof typeof Drawn];

/** The suffix of a column about a value, after that value's name. */
export const Beside = {
  Low: '_lo',
  High: '_hi',
  Count: '_count',
  AtLeast: '_at_least',
  AtMost: '_at_most',
} as const;
export type Beside = (typeof Beside)[keyof typeof Beside];

/** The columns that the panel reads by name. */
export const Read = {
  Load: 'load',
  Value: 'value',
  ValueLo: 'value_lo',
  ValueHi: 'value_hi',
  ValueCount: 'value_count',
  Concurrency: 'concurrency',
  Ok: 'ok',
  Incomplete: 'incomplete',
  DurationS: 'duration_s',
  RequestRate: 'request_rate',
  Errored: 'errored',
  OutputRate: 'output_tokens_per_second',
  PromptRate: 'prompt_tokens_per_second',
  TotalRate: 'total_tokens_per_second',
  SteadyOutputRate: 'steady_output_tokens_per_second',
  SteadyPromptRate: 'steady_prompt_tokens_per_second',
  SteadyTotalRate: 'steady_total_tokens_per_second',
  SteadyRequestRate: 'steady_request_rate',
  Requests: 'requests',
  Levels: 'levels',
  Run: 'run',
  OutputRateAtBreak: 'output_tokens_per_second_at_break',
} as const;
export type Read = (typeof Read)[keyof typeof Read];

/** The paths of the data source's resources. */
export const Resource = {
  Runs: 'runs',
  Deployments: 'deployments',
  Models: 'models',
  Namespaces: 'namespaces',
  ServedModels: 'served_models',
  Production: 'production',
  Slos: 'slos',
  Metrics: 'metrics',
  Problems: 'problems',
  Refresh: 'refresh',
  Reports: 'reports',
} as const;
export type Resource = (typeof Resource)[keyof typeof Resource];

/** How much of a report a problem costs. */
export const ProblemSeverity = {
  Error: 'error',
  Warning: 'warning',
} as const;
export type ProblemSeverity = (typeof ProblemSeverity)[keyof typeof ProblemSeverity];

/** What became of a report that was uploaded. */
export const UploadOutcome = {
  Stored: 'stored',
  Known: 'known',
  Refused: 'refused',
} as const;
export type UploadOutcome = (typeof UploadOutcome)[keyof typeof UploadOutcome];

/** What one unit of load is. */
export const LoadUnit = {
  Users: 'users',
  RequestsPerSecond: 'req/s',
} as const;
export type LoadUnit = (typeof LoadUnit)[keyof typeof LoadUnit];

/** What a bound is counted in. */
export const LimitUnit = {
  Milliseconds: 'ms',
  Share: 'ratio',
  Requests: 'requests',
} as const;
export type LimitUnit = (typeof LimitUnit)[keyof typeof LimitUnit];

/** What a limit can be on besides a latency. */
export const Subject = {
  ErrorRate: 'error_rate',
  Unserved: 'unserved',
  QueueDepth: 'queue_depth',
  KvCacheUse: 'kv_cache_use',
} as const;

/** What a limit can be on, and what its bound is counted in. */
export const LIMIT_UNITS: Readonly<Record<string, LimitUnit | undefined>> = {
  ttft_mean: 'ms',
  ttft_p50: 'ms',
  ttft_p90: 'ms',
  ttft_p95: 'ms',
  ttft_p99: 'ms',
  itl_mean: 'ms',
  itl_p50: 'ms',
  itl_p90: 'ms',
  itl_p95: 'ms',
  itl_p99: 'ms',
  tpot_mean: 'ms',
  tpot_p50: 'ms',
  tpot_p90: 'ms',
  tpot_p95: 'ms',
  tpot_p99: 'ms',
  e2e_mean: 'ms',
  e2e_p50: 'ms',
  e2e_p90: 'ms',
  e2e_p95: 'ms',
  e2e_p99: 'ms',
  error_rate: 'ratio',
  unserved: 'ratio',
  queue_depth: 'requests',
  kv_cache_use: 'ratio',
};

/** Which run of each deployment. */
export const Select = {
  MostRequests: 'most_requests',
  Latest: 'latest',
  All: 'all',
} as const;
export type Select = (typeof Select)[keyof typeof Select];

/** The choices of Select in an editor. */
export const SELECTS: readonly Choice<Select>[] = [
  { value: Select.MostRequests, label: 'Most requests', description: 'The run with most successful requests' },
  { value: Select.Latest, label: 'Latest', description: 'The newest run' },
  { value: Select.All, label: 'All runs', description: 'Every run of the deployment' },
];

/** How the load was offered. */
export const LoadKind = {
  Closed: 'closed',
  Open: 'open',
} as const;
export type LoadKind = (typeof LoadKind)[keyof typeof LoadKind];

/** The choices of LoadKind in an editor. */
export const LOAD_KINDS: readonly Choice<LoadKind>[] = [
  { value: LoadKind.Closed, label: 'Users', description: 'Closed loop: a fixed number of concurrent users' },
  { value: LoadKind.Open, label: 'Requests/s', description: 'Open loop: requests arrive at a given rate' },
];

/** Numbers about now, or their history. */
export const Form = {
  Table: 'table',
  Series: 'series',
} as const;
export type Form = (typeof Form)[keyof typeof Form];

/** The choices of Form in an editor. */
export const FORMS: readonly Choice<Form>[] = [
  { value: Form.Table, label: 'Now', description: 'One row per deployment' },
  { value: Form.Series, label: 'Over time', description: 'One line per deployment' },
];

/** Which events are annotated. */
export const Annotation = {
  Runs: 'runs',
  Episodes: 'episodes',
  Restarts: 'restarts',
  Changes: 'changes',
} as const;
export type Annotation = (typeof Annotation)[keyof typeof Annotation];

/** The choices of Annotation in an editor. */
export const ANNOTATIONS: readonly Choice<Annotation>[] = [
  { value: Annotation.Runs, label: 'Benchmark runs', description: 'From begin to end, with the verdict' },
  { value: Annotation.Episodes, label: 'Saturation', description: 'From begin to end, with the cause' },
  { value: Annotation.Restarts, label: 'Restarts', description: 'When counters began anew' },
  { value: Annotation.Changes, label: 'Changes', description: 'When results of benchmarks or production’s latency changed' },
];

/** What a dashboard variable lists. */
export const VariableKind = {
  Deployments: 'deployments',
  Models: 'models',
  Namespaces: 'namespaces',
  ServedModels: 'served_models',
  Runs: 'runs',
  Slos: 'slos',
} as const;
export type VariableKind = (typeof VariableKind)[keyof typeof VariableKind];

/** The choices of VariableKind in an editor. */
export const VARIABLE_KINDS: readonly Choice<VariableKind>[] = [
  { value: VariableKind.Deployments, label: 'Deployments', description: 'Names of deployments' },
  { value: VariableKind.Models, label: 'Models', description: 'Names of models' },
  { value: VariableKind.Namespaces, label: 'Namespaces', description: 'Kubernetes namespaces of model servers in production' },
  { value: VariableKind.ServedModels, label: 'Served models', description: 'Models as their servers in production call them' },
  { value: VariableKind.Runs, label: 'Runs', description: 'Single benchmark runs, newest first' },
  { value: VariableKind.Slos, label: 'Service levels', description: 'Presets and the data source’s own limits' },
];

/** What can be drawn over load. */
export const Metric = {
  Ttft: 'ttft',
  Itl: 'itl',
  Tpot: 'tpot',
  E2e: 'e2e',
  RequestRate: 'request_rate',
  OutputTokensPerSecond: 'output_tokens_per_second',
} as const;
export type Metric = (typeof Metric)[keyof typeof Metric];

/** The choices of Metric in an editor. */
export const METRICS: readonly Choice<Metric>[] = [
  { value: Metric.Ttft, label: 'TTFT', description: 'Time from sending a request to its first token.' },
  { value: Metric.Itl, label: 'ITL', description: 'Time between two tokens of an answer: (last − first token) / (tokens − 1).' },
  { value: Metric.Tpot, label: 'TPOT', description: 'Time per output token as the tool defines it; GuideLLM from 0.4 on includes the first token, so never compare it across tools.' },
  { value: Metric.E2e, label: 'E2E', description: 'Time from sending a request to its last token.' },
  { value: Metric.RequestRate, label: 'Requests per second', description: 'Successful requests per second, recomputed from counts and duration.' },
  { value: Metric.OutputTokensPerSecond, label: 'Output tokens per second', description: 'Output tokens per second, recomputed from counts and duration.' },
];

/** The statistics of a latency. */
export const Statistic = {
  Mean: 'mean',
  P50: 'p50',
  P90: 'p90',
  P95: 'p95',
  P99: 'p99',
} as const;
export type Statistic = (typeof Statistic)[keyof typeof Statistic];

/** The choices of Statistic in an editor. */
export const STATISTICS: readonly Choice<Statistic>[] = [
  { value: Statistic.Mean, label: 'Mean', description: 'Arithmetic mean' },
  { value: Statistic.P50, label: 'p50', description: 'Median' },
  { value: Statistic.P90, label: 'p90', description: '90th percentile' },
  { value: Statistic.P95, label: 'p95', description: '95th percentile' },
  { value: Statistic.P99, label: 'p99', description: '99th percentile' },
];

/** What the panel shows. */
export const View = {
  Saturation: 'saturation',
  Verdict: 'verdict',
  Cost: 'cost',
  Pareto: 'pareto',
  Comparison: 'comparison',
  WhatIf: 'what_if',
} as const;
export type View = (typeof View)[keyof typeof View];

/** The choices of View in an editor. */
export const VIEWS: readonly Choice<View>[] = [
  { value: View.Saturation, label: 'Saturation', description: 'A quantity over load: where it breaks, and where production is' },
  { value: View.Verdict, label: 'Verdict', description: 'One card a run that says where it breaks' },
  { value: View.Cost, label: 'Cost', description: 'What tokens cost over the limit, and where another deployment becomes cheaper' },
  { value: View.Pareto, label: 'Pareto', description: 'Speed for a user against yield of the hardware' },
  { value: View.Comparison, label: 'Comparison', description: 'Deployments side by side: load, cost, fleets, and which is cheaper' },
  { value: View.WhatIf, label: 'What-if', description: 'Another limit, price, number of replicas or load' },
];

/** How an axis is divided. */
export const ScaleKind = {
  Linear: 'linear',
  Log: 'log',
} as const;
export type ScaleKind = (typeof ScaleKind)[keyof typeof ScaleKind];

/** The choices of ScaleKind in an editor. */
export const SCALE_KINDS: readonly Choice<ScaleKind>[] = [
  { value: ScaleKind.Linear, label: 'Linear', description: 'Equal steps are equally long' },
  { value: ScaleKind.Log, label: 'Logarithmic', description: 'Equal factors are equally long' },
];

/** How a cost is written. */
export const CostUnit = {
  TokensPerDollar: 'tokens_per_dollar',
  DollarsPerMillion: 'dollars_per_million',
} as const;
export type CostUnit = (typeof CostUnit)[keyof typeof CostUnit];

/** The choices of CostUnit in an editor. */
export const COST_UNITS: readonly Choice<CostUnit>[] = [
  { value: CostUnit.TokensPerDollar, label: 'Tokens per dollar', description: 'More is better' },
  { value: CostUnit.DollarsPerMillion, label: 'Dollars per million', description: 'Less is better' },
];

/** What the yield of the hardware is counted by. */
export const Yield = {
  PerGpu: 'gpu',
  PerDollar: 'dollar',
} as const;
export type Yield = (typeof Yield)[keyof typeof Yield];

/** The choices of Yield in an editor. */
export const YIELDS: readonly Choice<Yield>[] = [
  { value: Yield.PerGpu, label: 'Per GPU', description: 'Tokens per second of one accelerator' },
  { value: Yield.PerDollar, label: 'Per dollar', description: 'Tokens that a dollar buys' },
];

/** Which tokens are counted. */
export const TokenBasis = {
  Output: 'output',
  Prompt: 'prompt',
  Total: 'total',
} as const;
export type TokenBasis = (typeof TokenBasis)[keyof typeof TokenBasis];

/** The choices of TokenBasis in an editor. */
export const TOKEN_BASIS: readonly Choice<TokenBasis>[] = [
  { value: TokenBasis.Output, label: 'Output tokens', description: 'Generated tokens' },
  { value: TokenBasis.Prompt, label: 'Prompt tokens', description: 'Tokens read' },
  { value: TokenBasis.Total, label: 'Prompt and output tokens', description: 'Both' },
];

/** The load of a run at which its cost is computed. */
export const LoadRule = {
  Interpolated: 'interpolated',
  LastPassingLevel: 'last_passing_level',
} as const;
export type LoadRule = (typeof LoadRule)[keyof typeof LoadRule];

/** The choices of LoadRule in an editor. */
export const LOAD_RULES: readonly Choice<LoadRule>[] = [
  { value: LoadRule.Interpolated, label: 'Breaking load', description: 'Read off the fitted line between two levels' },
  { value: LoadRule.LastPassingLevel, label: 'Last passing level', description: 'The highest measured load at which every limit held: nothing between levels is assumed' },
];

/** A choice of an editor. */
export interface Choice<T extends string = string> {
  value: T;
  label: string;
  description: string;
}

/** What is asked. */
export const QueryKind = {
  Curve: 'curve',
  Verdict: 'verdict',
  Levels: 'levels',
  Headroom: 'headroom',
  Overlay: 'overlay',
  Live: 'live',
  Bottleneck: 'bottleneck',
  Drift: 'drift',
  CostNow: 'cost_now',
  Energy: 'energy',
  Promql: 'promql',
  Annotations: 'annotations',
} as const;
export type QueryKind = (typeof QueryKind)[keyof typeof QueryKind];

/** A query kind as an editor offers it, and what it takes. */
export interface KindChoice extends Choice<QueryKind> {
  /** The heading under which it is offered. */
  group: string;
  needsPrometheus: boolean;
  takes: readonly Part[];
  /** What `fields` may name. */
  fields: readonly Choice[];
}

/** Every query kind, in the order that editors offer them. */
export const QUERY_KINDS: readonly KindChoice[] = [
  {
    value: QueryKind.Curve,
    label: 'Curve',
    description: 'Measured levels and the fitted line, for the Headroom panel',
    group: 'Benchmarks',
    needsPrometheus: false,
    takes: [Part.Deployments, Part.Runs, Part.Limits, Part.Load, Part.Metric, Part.Statistic],
    fields: [
    ],
  },
  {
    value: QueryKind.Verdict,
    label: 'Verdict',
    description: 'One row per run: where it breaks and why; for alerts too',
    group: 'Benchmarks',
    needsPrometheus: false,
    takes: [Part.Deployments, Part.Runs, Part.Limits, Part.Load],
    fields: [
    ],
  },
  {
    value: QueryKind.Levels,
    label: 'Levels',
    description: 'One row per run and load level, for a table',
    group: 'Benchmarks',
    needsPrometheus: false,
    takes: [Part.Deployments, Part.Runs, Part.Limits, Part.Load, Part.Metric, Part.Statistic],
    fields: [
    ],
  },
  {
    value: QueryKind.Headroom,
    label: 'Headroom',
    description: 'How much of the breaking load is left, now or over time; for alerts too',
    group: 'Production',
    needsPrometheus: true,
    takes: [Part.Deployments, Part.Namespaces, Part.Runs, Part.Limits, Part.Load, Part.Form, Part.Window, Part.Interval],
    fields: [
    ],
  },
  {
    value: QueryKind.Overlay,
    label: 'Overlay',
    description: 'Production in the coordinates of the curve, for the Headroom panel',
    group: 'Production',
    needsPrometheus: true,
    takes: [Part.Deployments, Part.Namespaces, Part.Runs, Part.Limits, Part.Load, Part.Metric, Part.Statistic, Part.Window, Part.Interval],
    fields: [
    ],
  },
  {
    value: QueryKind.Live,
    label: 'Live',
    description: 'Load, latencies, token rates and pressure over time',
    group: 'Production',
    needsPrometheus: true,
    takes: [Part.Deployments, Part.Namespaces, Part.Runs, Part.Limits, Part.Load, Part.Statistic, Part.Window, Part.Fields, Part.Interval],
    fields: [
      { value: 'concurrency', label: 'In flight', description: 'Requests running or waiting, all replicas, mean of the window.' },
      { value: 'load', label: 'Load per replica', description: 'Requests in flight per replica: the load of a closed-loop benchmark.' },
      { value: 'running', label: 'Running', description: 'Requests in the batch, mean of the window, all replicas.' },
      { value: 'waiting', label: 'Waiting', description: 'Requests waiting for a place in the batch, mean of the window, all replicas.' },
      { value: 'replicas', label: 'Replicas', description: 'Servers that had metrics at the end of the window.' },
      { value: 'up', label: 'Up', description: '1 while any of its servers can be scraped, 0 while none can or all are gone.' },
      { value: 'request_rate', label: 'Requests', description: 'Requests that finished, per second, all replicas.' },
      { value: 'refused_per_second', label: 'Refused', description: 'Requests refused for want of capacity, per second, all replicas; empty where the server does not count them.' },
      { value: 'refused_share', label: 'Refused, share', description: 'Share of the requests that arrived that was refused for want of capacity; empty where the server does not count that.' },
      { value: 'output_tokens_per_second', label: 'Output tokens', description: 'Tokens generated per second, those of requests that were cut off included, all replicas.' },
      { value: 'prompt_tokens_per_second', label: 'Prompt tokens', description: 'Prompt tokens read per second, all replicas.' },
      { value: 'ttft', label: 'TTFT', description: 'From arrival at the server to the first token. The client\'s is longer by the network and, for a reasoning model, by the thinking.' },
      { value: 'itl', label: 'ITL', description: 'Time between tokens: per request where the server counts that, else per gap.' },
      { value: 'e2e', label: 'E2E', description: 'From arrival at the server to the last token.' },
      { value: 'queue', label: 'Queue', description: 'Time waiting for a place in the batch.' },
      { value: 'kv_cache_use', label: 'KV cache', description: 'Highest share of a replica\'s KV cache in use.' },
      { value: 'preemptions_per_second', label: 'Preemptions', description: 'Requests put back to make room in the KV cache, per second.' },
      { value: 'prefix_cache_hits', label: 'Prefix cache hits', description: 'Share of looked-up prompt tokens that the prefix cache had.' },
      { value: 'gpu_utilization', label: 'GPU use', description: 'Share of time in which the deployment\'s GPUs ran anything.' },
    ],
  },
  {
    value: QueryKind.Bottleneck,
    label: 'Bottleneck',
    description: 'What limits each deployment, with the evidence',
    group: 'Production',
    needsPrometheus: true,
    takes: [Part.Deployments, Part.Namespaces, Part.Runs, Part.Limits, Part.Load, Part.Window],
    fields: [
    ],
  },
  {
    value: QueryKind.Drift,
    label: 'Drift',
    description: 'Production against the benchmark at the same load',
    group: 'Production',
    needsPrometheus: true,
    takes: [Part.Deployments, Part.Namespaces, Part.Runs, Part.Limits, Part.Load, Part.Metric, Part.Statistic, Part.Window, Part.Interval],
    fields: [
    ],
  },
  {
    value: QueryKind.CostNow,
    label: 'Cost now',
    description: 'What the tokens of real traffic cost, idle time included',
    group: 'Production',
    needsPrometheus: true,
    takes: [Part.Deployments, Part.Namespaces, Part.Runs, Part.Limits, Part.Load, Part.Window],
    fields: [
    ],
  },
  {
    value: QueryKind.Energy,
    label: 'Energy',
    description: 'Joules per token of real traffic, idle time included',
    group: 'Production',
    needsPrometheus: true,
    takes: [Part.Deployments, Part.Namespaces, Part.Runs, Part.Limits, Part.Load, Part.Window],
    fields: [
    ],
  },
  {
    value: QueryKind.Promql,
    label: 'PromQL',
    description: 'An expression of your own',
    group: 'Other',
    needsPrometheus: true,
    takes: [Part.Interval, Part.Promql],
    fields: [
    ],
  },
  {
    value: QueryKind.Annotations,
    label: 'Annotations',
    description: 'Benchmarks, saturation, restarts and changes as marks in time',
    group: 'Other',
    needsPrometheus: false,
    takes: [Part.Deployments, Part.Namespaces, Part.Runs, Part.Limits, Part.Load, Part.Metric, Part.Statistic, Part.Annotations],
    fields: [
    ],
  },
];

/** The keys of a query beside Grafana's own. A value that is absent means what the backend takes it for. */
export interface QueryKeys {
  /** Which frames to return. */
  queryType?: string;
  /** Deployments to include; `All` and an empty list mean all. */
  deployments?: string[];
  /** Models to include. */
  models?: string[];
  /** Exactly these runs; `select` is then ignored. */
  runs?: string[];
  /** Which run of each deployment: the one with most successful requests, the newest, or every one. */
  select?: string;
  /** Closed loop (concurrency) or open loop (request rate); one frame set never mixes them. Without it runs that are all open loop are shown, and each deployment in production is judged by its closed-loop runs, or by its open-loop runs where it has no others. */
  loadModel?: string;
  /** Limits to judge by. */
  slo?: string;
  /** The limits when `slo` is `custom`. */
  limits?: string[];
  /** Quantity on the y axis. */
  metric?: string;
  /** For latencies only. */
  statistic?: string;
  /** Values of the label `namespace`, whatever the exporter calls it. */
  namespaces?: string[];
  /** What counts as now: the window at the end of the time range. */
  window?: string;
  /** About now, or its history. */
  format?: string;
  /** The fields wanted; fewer fields are fewer queries. */
  fields?: string[];
  /** What is annotated. */
  kinds?: string[];
  /** The least distance of two points. */
  interval?: string;
  /** Needed; `$__interval`, `$__rate_interval` and `$__range` with their forms are replaced by the backend. */
  expr?: string;
  /** The name of a series. */
  legendFormat?: string;
  /** The value at the end of the time range alone. */
  instant?: boolean;
}

/** Keys whose value is a list. */
export const QUERY_LISTS = [
  'deployments',
  'models',
  'runs',
  'limits',
  'namespaces',
  'fields',
  'kinds',
] as const;

/** Keys whose value is a text. */
export const QUERY_TEXTS = [
  'queryType',
  'select',
  'loadModel',
  'slo',
  'metric',
  'statistic',
  'window',
  'format',
  'interval',
  'legendFormat',
] as const;

/** What the backend takes an absent value for: to be shown, never to be sent. */
export const DEFAULTS = {
  queryType: QueryKind.Curve,
  select: Select.MostRequests,
  format: Form.Table,
  window: '5m',
} as const;

/** The id of limits that a query brings itself. */
export const CUSTOM_SLO = 'custom';

/** The keys of the data source's settings beside Grafana's own. */
export interface SettingKeys {
  /** Where reports are: `directory`, `s3`, `azure`, `gcs` or `http`, see [stores](stores.md). */
  storeKind?: string;
  /** The folder that holds the reports, as the Grafana server sees it. Sub-folders are read too. */
  storePath?: string;
  /** Whether Editors, Admins and service accounts with such a role may [upload reports](upload.md) into the store. */
  allowUpload?: boolean;
  /** File in which the parsed runs are kept. */
  catalogPath?: string;
  /** The store is not listed more often than this, 1 to 86,400. A listing that takes long is repeated less often by itself. */
  refreshSeconds?: number;
  /** Id of the limits that a query without its own is judged by. */
  defaultSlo?: string;
  /** Limits of your own; each appears beside the presets. An id that equals a preset's replaces it. */
  slos?: CustomSlo[];
  /** What reports do not say: model, quantization, hardware, GPUs, price, and which series stand for it in production. The same keys as in the store's `deployments.yaml`; the settings win if both give a fact. */
  deployments?: DeploymentFacts[];
  /** `s3`, `gcs`: the bucket. `azure`: the container. */
  storeBucket?: string;
  /** `s3`, `gcs`, `azure`: only objects below this folder, such as `team/reports`, are listed; paths are below it. */
  storePrefix?: string;
  /** `s3`, `gcs`, `azure`: the server's address, such as `https://minio:9000`, where it is not the provider's own. One that begins with `http://` is used without TLS. */
  storeEndpoint?: string;
  /** `s3`: the bucket's region, such as `eu-central-1`. */
  storeRegion?: string;
  /** `azure`: the storage account. */
  storeAccount?: string;
  /** `http`: the address of an index page, of a list in JSON or of one report. */
  storeUrl?: string;
  /** `secrets`: credentials from `secureJsonData`. `environment`: those that the Grafana server itself has, by its environment or its workload identity. `none`: without any, for public buckets. */
  storeAuth?: string;
  /** `http`: user of basic authentication; its password is `storePassword`. */
  storeUser?: string;
  /** How long a bucket or server may be silent, 1 to 600. */
  storeTimeoutSeconds?: number;
  /** The part before `/api/v1`: `http://prometheus:9090`, `https://mimir/prometheus`, `http://vmselect:8481/select/0/prometheus`. */
  prometheusUrl?: string;
  /** Tenant of Mimir, Thanos or Cortex, sent as `X-Scope-OrgID`; a text or a number. */
  prometheusTenant?: string;
  /** Parameters added to every request, such as `namespace=chat&dedup=true`; OpenShift's tenancy port wants the first. */
  customQueryParameters?: string;
  /** `POST`, or `GET` for proxies that allow nothing else. */
  httpMethod?: string;
  /** How long one query may take, 1 to 600. */
  prometheusTimeoutSeconds?: number;
  /** How often targets are scraped, such as `15s`, a day at most; a plain number is in seconds. */
  timeInterval?: string;
  /** Trust only the authority in `tlsCACert`. */
  tlsAuthWithCACert?: boolean;
  /** Show the client certificate in `tlsClientCert`. */
  tlsAuth?: boolean;
  /** Trust any certificate; never in production. */
  tlsSkipVerify?: boolean;
  /** User of basic authentication, a text or a number; beside it or instead of it the data source's own `basicAuth: true` and `basicAuthUser`. */
  basicAuthUser?: string;
}

/** The names of headers that are sent with every request. */
export type HeaderNames = Partial<Record<`httpHeaderName${number}`, string>>;

/** What only the backend may read: the browser sets and can set and remove them and sees which are set. */
export type Secrets = Partial<Record<'prometheusToken' | 'basicAuthPassword' | 'tlsCACert' | 'tlsClientCert' | 'tlsClientKey' | 'storeAccessKeyId' | 'storeSecretAccessKey' | 'storeSessionToken' | 'storeSasToken' | 'storeAccountKey' | 'storeServiceAccountKey' | 'storeToken' | 'storePassword' | 'storeCACert' | `httpHeaderValue${number}`, string>>;

/** Headers are numbered from 1 to this. */
export const MOST_HEADERS = 64;

/** A benchmark run and what was benchmarked. */
export type Run = {
  /** Identity of the run. */
  id: string,
  /** The run's name, unique in an answer. */
  label: string,
  /** The deployment's name. */
  deployment: string,
  /** The model's name. */
  model: string | null,
  /** How its weights are stored, for example `w4a16`. */
  quantization: string | null,
  /** The accelerator. */
  hardware: string | null,
  /** Accelerators of one replica. */
  gpus: number | null,
  /** Serving engine and version. */
  engine: string | null,
  /** US dollars per hour for one replica. */
  price_per_hour: number | null,
  /** Where the price comes from: source, region and date. */
  price_source: string | null,
  /** The report's path in its store. */
  source: string,
  /** The benchmark tool, lower case. */
  tool: string,
  /** The tool's version. */
  tool_version: string | null,
  /** Start of the run, milliseconds since the Unix epoch. */
  started_ms: number | null,
  /** End of the run, milliseconds since the Unix epoch. */
  ended_ms: number | null,
  /** Mean tokens of a prompt. */
  prompt_tokens: number | null,
  /** Mean tokens of an answer. */
  output_tokens: number | null,
  /** Standard error of the mean tokens of an answer. */
  output_tokens_error: number | null,
  /** What the workload is called, for example the name of its data set. */
  shape: string | null,
  /** How the load was offered. */
  load_model: LoadKind,
  /** Unit of the loads: `users` or `req/s`. */
  load_unit: string,
};

/** One limit of a service level. */
export type Limit = {
  /** Subject and statistic, for example `ttft_p95`. */
  id: string,
  /** What is limited, for example `ttft` or `error_rate`. */
  subject: string,
  /** The statistic of a latency. */
  statistic: Statistic | null,
  /** The highest value that passes. */
  bound: number,
  /** Unit of the bound: `ms`, `requests` or `ratio`. */
  unit: string,
  /** The limit for people, for example `TTFT p95 ≤ 1,000 ms`. */
  label: string,
};

/** Limits to judge by, and who defined them. */
export type Slo = {
  /** Its id; `custom` if the limits are in the query. */
  id: string,
  /** Its name for people. */
  name: string,
  /** Who defined it and where. */
  source: string,
  /** Its limits, all of which must hold. */
  limits: Array<Limit>,
};

/** What is known about the load that a deployment holds. */
export type Verdict = {
  /** What kind of answer it is. */
  state: BreakingState,
  /** The breaking load. */
  breaking_load: number | null,
  /** Its 95 % interval, or the measured loads around a cliff or a bracket. */
  interval: [number | null, number | null],
  /** Id of the limit that breaks first. */
  binding: string | null,
  /** The highest measured load that passed. */
  max_passing_load: number | null,
  /** The lowest measured load that failed. */
  first_failing_load: number | null,
  /** The load to measure next. */
  next_level: number | null,
  /** The numbers in words, as the command line prints them. */
  text: VerdictText,
  /** The verdict in a sentence. */
  sentence: string,
  /** The answer for each limit alone. */
  limits: Array<LimitVerdict>,
  /** What to know before relying on it, the most severe first. */
  findings: Array<Finding>,
  /** The loads that decide the answer and have too few requests, ascending. */
  few_requests: Array<number>,
};

/** The numbers of a verdict in words. */
export type VerdictText = {
  /** `7.20 users`, `≥ 32 users`, `< 1 user`, `6–8 users` or `not measured`. */
  breaking_load: string,
  /** Its number alone, for example `≥ 32`. */
  number: string,
  /** Its unit alone, for example `users`; empty if there is none. */
  unit: string,
  /** The interval, for example `6.90–7.60 users`. */
  interval: string | null,
  /** The load to measure next, for example `7 users`. */
  next_level: string | null,
};

/** The answer for one limit alone. */
export type LimitVerdict = {
  /** Id of the limit. */
  id: string,
  /** What kind of answer it is. */
  state: BreakingState,
  /** The load at which this limit breaks. */
  breaking_load: number | null,
  /** Its interval, as that of the verdict. */
  interval: [number | null, number | null],
};

/** What to know before relying on a verdict. */
export type Finding = {
  /** What kind of finding it is. */
  code: Code,
  /** How much it matters. */
  severity: FindingSeverity,
  /** The load that it is about; `null` if it is not about a single load. */
  load: number | null,
  /** What it means and what to do. */
  message: string,
};

/** A run with its verdict: what `levels`, `fit` and `verdict` frames carry. */
export type Judged = {
  /** The run. */
  run: Run,
  /** What is on the y axis. */
  metric: Metric,
  /** Its statistic, where it has one. */
  statistic: Statistic | null,
  /** `ms`, `req/s` or `tok/s`. */
  unit: string,
  /** The limits that it is judged by. */
  slo: Slo,
  /** The verdict. */
  verdict: Verdict,
};

/** Whether a deployment is seen in production. */
export type Seen = {
  /** The deployment. */
  deployment: string,
  /** Whether it serves, and if not, why not. */
  presence: Presence,
  /** The presence in a sentence. */
  presence_text: string,
};

/** What `overlay`, `overlay_bins` and `overlay_levels` frames carry about their deployment. */
export type Overlay = {
  /** Load of one replica in the window that counts as now. */
  load: number | null,
  /** What is on the y axis. */
  metric: Metric,
  /** Its statistic, where it has one. */
  statistic: Statistic | null,
  /** `ms`, `req/s` or `tok/s`. */
  unit: string,
  /** Who measured it: `server`. */
  side: string,
  /** Unit of the loads: `users` or `req/s`. */
  load_unit: string,
  /** The limits. */
  slo: Slo,
  /** The benchmark run that it is judged by. */
  run: Run | null,
  /** The verdict from production's own curve. */
  production_verdict: Verdict,
  /** The deployment. */
  deployment: string,
  /** Whether it serves, and if not, why not. */
  presence: Presence,
  /** The presence in a sentence. */
  presence_text: string,
};

/** What a `headroom` frame carries about one deployment. */
export type DeploymentHeadroom = {
  /** The deployment. */
  deployment: string,
  /** Whether it serves, and if not, why not. */
  presence: Presence,
  /** Load of one replica. */
  load: number | null,
  /** The headroom: 1 − load / breaking load. */
  headroom: number | null,
  /** The headroom at either end of the breaking load's 95 % interval. */
  interval: [number | null, number | null] | null,
  /** Whether the sweep ended while passing, so that the headroom is at least this much. */
  at_least: boolean,
  /** Share of the arriving requests that was refused, 0 to 1; `null` if refused requests are not counted. */
  refused_share: number | null,
  /** Number of servers that have metrics. */
  replicas: number | null,
  /** The row in words. */
  sentence: string,
  /** The benchmark run that it is judged by. */
  run: Run | null,
  /** The verdict on that run. */
  verdict: Verdict | null,
};

/** What a `headroom` frame carries. */
export type Headrooms = {
  /** Length of the window that counts as now, seconds. */
  window_s: number,
  /** One entry for each row. */
  deployments: Array<DeploymentHeadroom>,
};

/** A service level, and whether it is the default. */
export type SloChoice = {
  /** Whether it judges queries that name none. */
  default: boolean,
  /** Its id; `custom` if the limits are in the query. */
  id: string,
  /** Its name for people. */
  name: string,
  /** Who defined it and where. */
  source: string,
  /** Its limits, all of which must hold. */
  limits: Array<Limit>,
};

/** A deployment that has benchmark runs. A fact on which its runs disagree is `null`. */
export type Deployment = {
  /** Its name. */
  name: string,
  /** The model's name. */
  model: string | null,
  /** How its weights are stored. */
  quantization: string | null,
  /** The accelerator. */
  hardware: string | null,
  /** Accelerators of one replica. */
  gpus: number | null,
  /** Number of its runs. */
  runs: number,
};

/** A model that has benchmark runs. */
export type Model = {
  /** Its name. */
  name: string,
  /** Number of its runs. */
  runs: number,
};

/** A label value of model servers in production. */
export type Label = {
  /** The value. */
  name: string,
};

/** A deployment that production queries can be about. */
export type InProduction = {
  /** Its name. */
  name: string,
  /** The model's name in its server's metrics. */
  model_name: string | null,
  /** Its namespace. */
  namespace: string | null,
  /** Number of its servers. */
  servers: number,
  /** Whether a benchmark run says how much load it holds. */
  benchmark: boolean,
};

/** A run as the Runs page lists it. */
export type ListedRun = {
  /** The reports that it was read from, as paths in the store. */
  files: Array<string>,
  /** Number of load steps. */
  levels: number,
  /** Number of successful requests. */
  requests: number,
  /** Number of problems that concern it. */
  problems: number,
  /** The problems that concern it, if a single run was asked for. */
  problem_list?: Array<Problem>,
  /** Identity of the run. */
  id: string,
  /** The run's name, unique in an answer. */
  label: string,
  /** The deployment's name. */
  deployment: string,
  /** The model's name. */
  model: string | null,
  /** How its weights are stored, for example `w4a16`. */
  quantization: string | null,
  /** The accelerator. */
  hardware: string | null,
  /** Accelerators of one replica. */
  gpus: number | null,
  /** Serving engine and version. */
  engine: string | null,
  /** US dollars per hour for one replica. */
  price_per_hour: number | null,
  /** Where the price comes from: source, region and date. */
  price_source: string | null,
  /** The report's path in its store. */
  source: string,
  /** The benchmark tool, lower case. */
  tool: string,
  /** The tool's version. */
  tool_version: string | null,
  /** Start of the run, milliseconds since the Unix epoch. */
  started_ms: number | null,
  /** End of the run, milliseconds since the Unix epoch. */
  ended_ms: number | null,
  /** Mean tokens of a prompt. */
  prompt_tokens: number | null,
  /** Mean tokens of an answer. */
  output_tokens: number | null,
  /** Standard error of the mean tokens of an answer. */
  output_tokens_error: number | null,
  /** What the workload is called, for example the name of its data set. */
  shape: string | null,
  /** How the load was offered. */
  load_model: LoadKind,
  /** Unit of the loads: `users` or `req/s`. */
  load_unit: string,
};

/** A part of a report that could not be read, or that needs a second look. */
export type Problem = {
  /** The report's path in its store. */
  source: string,
  /** How much of the report is lost to it. */
  severity: ProblemSeverity,
  /** What kind of problem it is. */
  code: string,
  /** Where in the report it is. */
  place: string | null,
  /** What was expected, what was found and what to do. */
  message: string,
  /** Id of the report's first run; `null` if the report gave none. */
  run: string | null,
};

/** A metric that queries can ask for. */
export type MetricChoice = {
  /** Its id. */
  id: Metric,
  /** Its name for people. */
  label: string,
  /** What it measures. */
  description: string,
  /** `ms`, `req/s` or `tok/s`. */
  unit: string,
  /** The statistics that queries can ask for; empty for a rate. */
  statistics: Array<Statistic>,
};

/** The answer to an upload. */
export type Uploaded = {
  /** Each report of the request, in its order. */
  reports: Array<UploadedReport>,
  /** Why a report was refused, if one was: the first one's reason. As with every error also in `message`. */
  error?: string,
  /** The same text. */
  message?: string,
};

/** What became of one report. */
export type UploadedReport = {
  /** Its name as it was given. */
  name: string,
  /** What became of it. */
  outcome: UploadOutcome,
  /** Its path in the store; `null` if it was refused. */
  path: string | null,
  /** Why it was refused and what to do; `null` if it was not. */
  message: string | null,
  /** Its runs, judged by the data source's default service level. Where the report is one step of a sweep, the run of
  * the whole sweep. */
  runs: Array<UploadedRun>,
  /** What could not be read or needs a second look. */
  problems: Array<Problem>,
};

/** A run of an uploaded report. */
export type UploadedRun = {
  /** The run. */
  run: Run,
  /** The service level that it is judged by; `null` if the default one cannot be used. */
  slo: Slo | null,
  /** The verdict; `null` if there is no service level to judge by. */
  verdict: Verdict | null,
};

/** How far an upload in parts is. */
export type UploadInParts = {
  /** Its id, for the paths of its parts. */
  id: string,
  /** The path of the report in the store. */
  name: string,
  /** Bytes of the report as sent. */
  bytes: number,
  /** Bytes of each part but the last one. */
  part_bytes: number,
  /** Number of parts. */
  parts: number,
  /** The numbers of the parts that are not there yet, ascending, counted from 1. */
  missing: Array<number>,
};

/** What is known about a data source. */
export type HealthDetails = {
  /** Reports in the store. */
  reports?: number,
  /** Benchmark runs in them. */
  runs?: number,
  /** The catalog's file, or `in memory`. */
  catalog?: string,
  /** Id of the service level that judges queries without their own. */
  default_slo?: string,
  /** Reports that are still being written, as paths in the store. */
  pending?: Array<string>,
  /** What is wrong with the settings, one sentence each. */
  settings: Array<string>,
  /** What is wrong with the store's `deployments.yaml`, one sentence each. */
  deployments?: Array<string>,
  /** What is wrong with reports. */
  problems?: Array<Problem>,
  /** The Prometheus; absent if none is set. */
  prometheus?: PrometheusHealth,
};

/** What is known about the Prometheus. */
export type PrometheusHealth = {
  /** Its address, without its secret parts. */
  url: string,
  /** Why it does not answer, and what to do. The other keys are absent then. */
  error?: string,
  /** Its name and version. */
  program?: string,
  /** Kinds of model servers in the last day, with their versions. */
  servers?: Array<string>,
  /** Number of model servers in the last day. */
  targets?: number,
  /** The deployments that production queries can be about, by name. */
  deployments?: Array<InProduction>,
  /** Model servers whose last scrape failed, in alphabetical order. */
  failing?: Array<string>,
  /** What dashboards need and deployments lack, one sentence each. */
  missing?: Array<string>,
};

/** Limits that the user adds to the presets. */
export type CustomSlo = {
  /** Its id. With the id of a preset it replaces that preset. */
  id: string,
  /** Its name for people. */
  name: string,
  /** Who defined it and where. */
  source: string,
  /** Its limits, for example `ttft_p95=1000ms`. */
  limits: Array<string>,
};

/** What reports do not say about a deployment. */
export type DeploymentFacts = {
  /** The deployment's name. */
  name?: string,
  /** The runs that these facts apply to. */
  match?: DeploymentMatch,
  /** The model's name. */
  model?: string,
  /** How its weights are stored, for example `w4a16`. */
  quantization?: string,
  /** The accelerator. */
  hardware?: string,
  /** Accelerators of one replica. */
  gpus?: number,
  /** Tensor-parallel degree. */
  tensor_parallel?: number,
  /** Serving engine and version. */
  engine?: string,
  /** What one replica costs. */
  price?: Price,
  /** The Prometheus series that belong to it. */
  production?: ProductionMapping,
};

/** The runs that a deployment's facts apply to. A run must match every key that is given. */
export type DeploymentMatch = {
  /** Pattern of the report's path in the store. */
  path?: string,
  /** Pattern of the model's name in the report. */
  model?: string,
  /** Id of one run. */
  run?: string,
  /** Labels that the benchmark was given. */
  labels?: { [key in string]: string },
};

/** What one replica costs. */
export type Price = {
  /** US dollars per hour for the whole replica. */
  dollars_per_hour?: number,
  /** Where the price comes from. */
  source?: string,
  /** The region that the price applies to. */
  region?: string,
  /** The date of the price, `YYYY-MM-DD`. */
  date?: string,
};

/** The Prometheus series that belong to a deployment. */
export type ProductionMapping = {
  /** The label `model_name`. */
  model_name?: string,
  /** The label `namespace`. */
  namespace?: string,
  /** Other labels and their values. */
  labels?: { [key in string]: string },
  /** Labels of the DCGM exporter's series of its GPUs. */
  gpu_labels?: { [key in string]: string },
};

/** Colours and fonts of the chart, as CSS writes them. */
export type ChartTheme = {
  /** Primary text. */
  text: string,
  /** Secondary text. */
  muted: string,
  /** Grid lines. */
  grid: string,
  /** Axis lines and tick marks. */
  axis: string,
  /** The panel's background. */
  surface: string,
  /** Limits and the region beyond them. */
  limit: string,
  /** Size of both fonts, pixels. */
  fontSize: number,
  /** Font of ticks and details, as CSS writes a font. */
  fontRegular: string,
  /** Font of the main numbers of the picture. */
  fontStrong: string,
  /** One step of Grafana's spacing, pixels. */
  spacing: number,
};

/** The options that the user chose. */
export type ChartOptions = {
  /** Which picture to draw. */
  view: View,
  /** Scale of the horizontal axis. */
  xScale: ScaleKind,
  /** Scale of the vertical axis. */
  yScale: ScaleKind,
  /** Whether intervals are drawn. */
  showInterval: boolean,
  /** Whether fitted lines are drawn. */
  showFit: boolean,
  /** Whether limits and breaking points are drawn. */
  showLimit: boolean,
  /** Diameter of a measured point, pixels. */
  pointSize: number,
  /** Title of the load axis of the drawn quantity. */
  xTitle: string,
  /** Title of the axis of the drawn quantity. */
  yTitle: string,
  /** Lower end of the axis of the drawn quantity, where fixed. */
  yMin?: number,
  /** Upper end of the axis of the drawn quantity, where fixed. */
  yMax?: number,
  /** Which tokens the column `tokens` counts. */
  basis: TokenBasis,
  /** Which load a cost is taken at. */
  loadRule: LoadRule,
  /** The unit that costs are written in. */
  costUnit: CostUnit,
  /** What the hardware's yield is counted per: accelerator or dollar. */
  yieldPer: Yield,
};

/** What a verdict says of exactly one limit. */
export type ChartLimitVerdict = {
  /** How far the measurements go towards a breaking load. */
  state: BreakingState,
  /** Lower end of the breaking load's interval, where known. */
  lo: number | null,
  /** Upper end of the breaking load's interval, where known. */
  hi: number | null,
};

/** A limit of the service level. Columns have one row for each level; `NaN` is "not measured". */
export type ChartLimit = {
  /** The largest value that still passes. */
  bound: number,
  /** For example `TTFT p95 ≤ 1,000 ms`. */
  label: string,
  /** For example `TTFT p95`. */
  subject: string,
  /** Unit of the bound. */
  unit: string,
  /** Whether the subject is a latency, which a level without a success does not have. */
  latency: boolean,
  /** What was measured of the subject. */
  value: Float64Array,
  /** Lower end of its interval. */
  lo: Float64Array,
  /** Upper end of its interval. */
  hi: Float64Array,
  /** Requests behind the value. */
  count: Float64Array,
  /** Where a level's report lacks the percentile, the least that it can be by the percentiles around it. */
  atLeast: Float64Array,
  /** Where a level's report lacks the percentile, the most that it can be by the percentiles around it. */
  atMost: Float64Array,
  /** The verdict on this limit alone. */
  verdict?: ChartLimitVerdict,
};

/** Production traffic, in the load and the quantity of the curve. `NaN` is unknown. */
export type ChartProduction = {
  /** Load of production's own curve, ascending. Each point covers all time windows at about that load. */
  load: Float64Array,
  /** The drawn quantity at these loads. */
  value: Float64Array,
  /** Lower end of its interval. */
  lo: Float64Array,
  /** Upper end of its interval. */
  hi: Float64Array,
  /** Requests behind the value. */
  count: Float64Array,
  /** Load of every time window. */
  cloudLoad: Float64Array,
  /** The drawn quantity in every time window. */
  cloudValue: Float64Array,
  /** Load of one replica now; `NaN` is unknown. */
  now: number,
  /** Whether requests are being refused, so that demand is higher than this load. */
  shedding: boolean,
};

/** One run. Columns have one row for each level, ascending in load; `NaN` is "not measured". */
export type ChartSeries = {
  /** What the legend calls it. */
  name: string,
  /** Its colour, as CSS writes it. */
  color: string,
  /** Whether it is drawn. A series that is not drawn does not stretch the axes either. */
  visible: boolean,
  /** Offered load. */
  load: Float64Array,
  /** The drawn quantity. */
  value: Float64Array,
  /** Lower end of its interval. */
  lo: Float64Array,
  /** Upper end of its interval. */
  hi: Float64Array,
  /** Requests behind the value. */
  count: Float64Array,
  /** Requests answered in full. */
  ok: Float64Array,
  /** Requests that failed. */
  errored: Float64Array,
  /** Mean requests in flight. */
  inFlight: Float64Array,
  /** Tokens per second, in the basis of the options. */
  tokens: Float64Array,
  /** Lower end of its interval. */
  tokensLo: Float64Array,
  /** Upper end of its interval. */
  tokensHi: Float64Array,
  /** Requests per second. */
  requests: Float64Array,
  /** Lower end of its interval. */
  requestsLo: Float64Array,
  /** Upper end of its interval. */
  requestsHi: Float64Array,
  /** Unit of the loads. */
  loadUnit: string,
  /** Whether the quantity can only rise with load, so that a line may be fitted. */
  monotone: boolean,
  /** The limits of the service level. */
  limits: Array<ChartLimit>,
  /** Index of the limit on the drawn quantity. */
  drawn?: number,
  /** US dollars per hour for one replica; `NaN` is unknown. */
  price: number,
  /** Where the price comes from; empty is unknown. */
  priceSource: string,
  /** Accelerators of one replica; `NaN` is unknown. */
  gpus: number,
  /** Quantization of its weights, where that is known. */
  quantization?: string,
  /** Mean tokens of a prompt; `NaN` is unknown. */
  promptTokens: number,
  /** Mean tokens of an answer; `NaN` is unknown. */
  outputTokens: number,
  /** Standard error of the mean tokens of an answer; `NaN` is unknown. */
  outputTokensError: number,
  /** Whether its token rates are higher than its latencies allow. */
  impossibleRates: boolean,
  /** Loads that decide the answer and have too few requests. */
  fewRequests: Float64Array,
  /** What the workload is called, for example the name of its data set, where that is known. */
  shape?: string,
  /** Production traffic of the deployment, where known. */
  production?: ChartProduction,
};

/** A question about runs side by side. */
export type Question = {
  /** Index of the run that the others are compared with. */
  baseline: number,
  /** Another bound for the limit in question. */
  bound?: number,
  /** Load that all replicas together must serve. */
  load?: number,
  /** Replicas of each deployment; as many as the load needs where absent. */
  replicas?: number,
  /** Spare replicas on top of those. */
  spare: number,
  /** Whether to also compare what a dollar buys under other bounds of the limit in question. */
  overLimits: boolean,
};

/** A name with a value, for a list of facts. */
export type Fact = {
  /** What the value is. */
  name: string,
  /** The value as text. */
  value: string,
};

/** What the engine says of a series. Texts are empty if nothing is known. */
export type SeriesAnswer = {
  /** The breaking load, for example `10.6 users`. */
  answer: string,
  /** The interval, state or limit that goes with the answer. */
  detail: string,
  /** The headroom in production, for example `52% left`. */
  headroom: string,
  /** What the legend adds to the name. */
  legend: string,
};

/** The texts that go with a drawn chart. */
export type DrawnChart = {
  /** Title of the horizontal axis. */
  xTitle: string,
  /** Title of the vertical axis. */
  yTitle: string,
  /** Heading of a point in tooltips where points are not levels of a series; empty where they are. */
  heading: string,
  /** What the engine says of each series. */
  answers: Array<SeriesAnswer>,
};

/** The limit that a what-if changes. */
export type LimitInQuestion = {
  /** For example `TTFT p95`. */
  subject: string,
  /** Unit of the bound. */
  unit: string,
  /** The service level's own bound. */
  bound: number,
};

/** What a row says of one run. Texts may be empty. */
export type ComparisonCell = {
  /** The answer. */
  text: string,
  /** Its interval, its source or its reason. */
  detail: string,
  /** A mark beside the answer. */
  mark: Mark,
};

/** One question with every run's answer. */
export type ComparisonRow = {
  /** Title of a section that begins at this row. */
  section?: string,
  /** A stable name of the row, whatever its label says. */
  id: string,
  /** The question, as the row's heading. */
  label: string,
  /** One for each run. */
  cells: Array<ComparisonCell>,
};

/** Runs side by side. */
export type Comparison = {
  /** The rows in reading order. */
  rows: Array<ComparisonRow>,
  /** What a dollar buys under other bounds of the limit in question, one row each, ascending. */
  over: Array<ComparisonRow>,
  /** What follows from them, one sentence each. */
  sentences: Array<string>,
  /** What else to know before deciding, one sentence each. */
  notes: Array<string>,
  /** The limit in question, as the service level gives it. */
  limit?: LimitInQuestion,
};
