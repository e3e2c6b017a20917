// What travels between Grafana, these editors and the backend. docs/frames.md and docs/settings.md describe it.
import type { DataSourceJsonData } from '@grafana/data';
import type { DataQuery } from '@grafana/schema';

/** About benchmarks. */
export type BenchmarkQueryType = 'curve' | 'levels' | 'verdict';
/** About production, which needs a Prometheus. */
export type ProductionQueryType = 'live' | 'headroom' | 'overlay' | 'bottleneck' | 'drift' | 'energy' | 'cost_now';
export type QueryType = BenchmarkQueryType | ProductionQueryType | 'promql' | 'annotations';
export type Select = 'most_requests' | 'latest' | 'all';
export type LoadModel = 'closed' | 'open';

/** One query. Each value may contain template variables; absent values mean what `defaultQuery` says. */
export interface HeadroomQuery extends DataQuery {
  queryType?: string;
  /** Deployments to include; empty means all. */
  deployments?: string[];
  /** Models to include; empty means all. */
  models?: string[];
  /** Exactly these runs; `select` is then ignored. */
  runs?: string[];
  /** Which run of each deployment. */
  select?: string;
  loadModel?: string;
  /** Id of the limits to judge by, `custom` for `limits`; absent means the data source's default. */
  slo?: string;
  /** Such as `ttft_p95=1000ms`, for the SLO `custom`. */
  limits?: string[];
  /** Quantity on the y axis; absent means the metric of the first limit. */
  metric?: string;
  /** Statistic of a latency; absent means that of the first limit. */
  statistic?: string;
  /** Values of the label `namespace`; empty means all. */
  namespaces?: string[];
  /** The window at the end of the time range that counts as now, such as `5m`. */
  window?: string;
  /** `table` or `series`, for queries that can give either. */
  format?: string;
  /** Fields wanted; empty means all. */
  fields?: string[];
  /** What is annotated: `runs`, `episodes`, `restarts`, `changes`; empty means all. */
  kinds?: string[];
  /** The least distance of two points in time, such as `15s`. */
  interval?: string;
  /** A PromQL expression, for the query type `promql`. */
  expr?: string;
  /** The name of each series of `expr`, with labels in double braces. */
  legendFormat?: string;
  /** Whether only the value of `expr` at the end of the time range is asked for. */
  instant?: boolean;
}

/** Limits that the user adds to the presets. */
export interface CustomSlo {
  id: string;
  name: string;
  source: string;
  /** Such as `ttft_p95=1000ms`. */
  limits: string[];
}

/** Which runs a deployment's facts speak for; of several keys all must hold. */
export interface DeploymentMatch {
  /** Pattern of the report's path in the store. */
  path?: string;
  /** Pattern of the model's name in the report. */
  model?: string;
  /** Id of one run. */
  run?: string;
  /** Labels that the benchmark was given. */
  labels?: Record<string, string>;
}

/** What one replica costs. */
export interface Price {
  /** US dollars per hour for the whole replica. */
  dollars_per_hour?: number;
  /** Who says so. */
  source?: string;
  region?: string;
  /** `YYYY-MM-DD` */
  date?: string;
}

/** What reports do not say about a deployment, as in `deployments.yaml`. An absent fact stays unknown. */
export interface DeploymentFacts {
  name?: string;
  match?: DeploymentMatch;
  model?: string;
  quantization?: string;
  hardware?: string;
  /** Accelerators of one replica. */
  gpus?: number;
  /** Tensor-parallel degree. */
  tensor_parallel?: number;
  /** Serving engine and version. */
  engine?: string;
  price?: Price;
}

/** The data source's settings. */
export interface HeadroomJsonData extends DataSourceJsonData {
  storeKind?: string;
  storePath?: string;
  catalogPath?: string;
  /** The store is not listed more often than this. */
  refreshSeconds?: number;
  /** Address of the Prometheus that scrapes the model servers. */
  prometheusUrl?: string;
  /** User of basic authentication; the password is a secret. */
  basicAuthUser?: string;
  /** Value of the header X-Scope-OrgID. */
  prometheusTenant?: string;
  /** Sent with every query, as `namespace=prod&dedup=true`. */
  customQueryParameters?: string;
  httpMethod?: string;
  prometheusTimeoutSeconds?: number;
  /** How often targets are scraped, such as `15s`; absent means as seen in the data. */
  timeInterval?: string;
  /** Whether a client certificate is presented. */
  tlsAuth?: boolean;
  /** Whether the server's certificate is checked by an authority of its own. */
  tlsAuthWithCACert?: boolean;
  tlsSkipVerify?: boolean;
  defaultSlo?: string;
  slos?: CustomSlo[];
  deployments?: DeploymentFacts[];
}

/** Names of custom headers are `httpHeaderName1` and so on in the settings, their values secrets. */
export type HeaderNames = Partial<Record<`httpHeaderName${number}`, string>>;

/** What only the backend may read. The browser can set and remove it and is told which are set. */
export type HeadroomSecrets = Partial<
  Record<
    | 'prometheusToken'
    | 'basicAuthPassword'
    | 'tlsCACert'
    | 'tlsClientCert'
    | 'tlsClientKey'
    | `httpHeaderValue${number}`,
    string
  >
>;

/** What a dashboard variable lists. */
export type VariableKind = 'deployments' | 'models' | 'namespaces' | 'served_models' | 'runs' | 'slos';

/** The query of a dashboard variable. */
export interface HeadroomVariableQuery extends DataQuery {
  kind: VariableKind;
  /** Narrows models and runs to these deployments. */
  deployments?: string[];
  /** Narrows deployments and runs to these models. */
  models?: string[];
}
