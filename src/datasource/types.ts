// What Grafana stores for this data source: queries, settings and secrets. The contract defines their keys.
import type { DataSourceJsonData } from '@grafana/data';
import type { DataQuery } from '@grafana/schema';

import type { QueryKeys, Secrets, SettingKeys, VariableKind } from '../generated/contract';

/** One query. Each value may contain template variables; the backend knows the defaults of absent values. */
export interface HeadroomQuery extends DataQuery, QueryKeys {
  queryType?: string;
}

/** The data source's settings. */
export interface HeadroomJsonData extends DataSourceJsonData, SettingKeys {}

/** The secrets, which only the backend can read. */
export type HeadroomSecrets = Secrets;

/** The query of a dashboard variable. */
export interface HeadroomVariableQuery extends DataQuery {
  kind: VariableKind;
  /** Restricts models and runs to these deployments. */
  deployments?: string[];
  /** Restricts deployments and runs to these models. */
  models?: string[];
}
