// What the backend's resources answer: docs/frames.md, "Resources". `null` is "not known".

/** One limit of a service level. */
export interface Limit {
  id: string;
  subject: string;
  statistic: string | null;
  bound: number;
  unit: string;
  /** For people, for example `TTFT p95 ≤ 1,000 ms`. */
  label: string;
}

export interface Slo {
  id: string;
  name: string;
  /** Who defined it and where. */
  source: string;
  default: boolean;
  limits: Limit[];
}

export interface Deployment {
  name: string;
  model: string | null;
  quantization: string | null;
  hardware: string | null;
  gpus: number | null;
  runs: number;
}

export interface Model {
  name: string;
  runs: number;
}

/** A value of a label of model servers in production. */
export interface Label {
  name: string;
}

export interface Run {
  id: string;
  label: string;
  deployment: string;
  model: string | null;
  quantization: string | null;
  hardware: string | null;
  gpus: number | null;
  engine: string | null;
  /** US dollars per hour for one replica. */
  price_per_hour: number | null;
  /** Who says so. */
  price_source: string | null;
  /** The report's path in its store. */
  source: string;
  tool: string;
  tool_version: string | null;
  /** Milliseconds since the Unix epoch. */
  started_ms: number | null;
  ended_ms: number | null;
  prompt_tokens: number | null;
  output_tokens: number | null;
  load_model: string;
  /** What one unit of load is: `users` or `req/s`. */
  load_unit: string;
  /** Number of load steps. */
  levels: number;
  /** Number of successful requests. */
  requests: number;
  /** Number of entries in `problems` that concern this run. */
  problems: number;
}

export interface Problem {
  /** The report's path in its store. */
  source: string;
  severity: string;
  code: string;
  /** Where in the report, when that is known. */
  place: string | null;
  message: string;
  /** `null` when the report gave no run. */
  run: string | null;
}

/** What queries of production are about: a deployment with a benchmark, or a model in Prometheus that none claims. */
export interface InProduction {
  name: string;
  model_name: string | null;
  namespace: string | null;
  /** Servers that had metrics in the last hour. */
  servers: number;
  benchmark: boolean;
}

/** What "Save & test" finds. Every part is absent where it was not reached. */
export interface Health {
  works: boolean;
  message: string;
  details?: {
    reports?: number;
    /** What is wrong with the settings, one sentence each. */
    settings?: string[];
    /** What is wrong with the facts about deployments. */
    deployments?: string[];
    prometheus?: {
      url: string;
      error?: string;
      /** Its name and version. */
      program?: string;
      /** Kinds of model servers, with their versions. */
      servers?: string[];
      /** Model servers in the last day. */
      targets?: number;
      /** Those of them whose last scrape failed. */
      failing?: string[];
      /** Quantities that they do not have. */
      missing?: string[];
    };
  };
}
