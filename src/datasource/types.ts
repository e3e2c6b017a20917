// What Grafana keeps for this data source: queries, settings and secrets. Their keys are the contract's.
import type { DataSourceJsonData } from '@grafana/data';
import type { DataQuery } from '@grafana/schema';

import type { QueryKeys, Secrets, SettingKeys, VariableKind } from '../generated/contract';

/** One query. Each value may contain template variables; the backend knows what an absent one means. */
export interface HeadroomQuery extends DataQuery, QueryKeys {
  queryType?: string;
}

/** The data source's settings. */
export interface HeadroomJsonData extends DataSourceJsonData, SettingKeys {}

/** What only the backend may read. */
export type HeadroomSecrets = Secrets;

/** The query of a dashboard variable. */
export interface HeadroomVariableQuery extends DataQuery {
  kind: VariableKind;
  /** Narrows models and runs to these deployments. */
  deployments?: string[];
  /** Narrows deployments and runs to these models. */
  models?: string[];
}
