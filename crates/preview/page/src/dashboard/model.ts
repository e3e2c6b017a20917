/** Grafana's classic dashboard JSON, as far as the preview reads it. */

import type {
  AnnotationQuery,
  DataLink,
  DataQuery,
  DataTransformerConfig,
  FieldConfigSource,
  VariableRefresh,
  VariableSort,
} from '@grafana/data';
import type { DashboardCursorSync, DataSourceRef, VariableHide } from '@grafana/schema';

export interface DashboardModel {
  uid: string;
  title: string;
  description?: string;
  time?: { from: string; to: string };
  timezone?: string;
  timepicker?: { hidden?: boolean };
  refresh?: string | boolean;
  graphTooltip?: DashboardCursorSync;
  links?: DashboardLinkModel[];
  annotations?: { list?: AnnotationQuery[] };
  templating?: { list?: VariableModel[] };
  panels?: PanelModel[];
}

export interface DashboardLinkModel {
  type: 'link' | 'dashboards';
  title: string;
  tooltip?: string;
  url?: string;
  icon?: string;
  /** Whether the dashboards of a link by tags are behind one button. */
  asDropdown?: boolean;
  tags?: string[];
  targetBlank?: boolean;
  keepTime?: boolean;
  includeVars?: boolean;
}

export interface VariableModel {
  name: string;
  type: string;
  label?: string;
  description?: string;
  hide?: VariableHide;
  query?: string | (DataQuery & Record<string, unknown>);
  definition?: string;
  datasource?: DataSourceRef;
  regex?: string;
  refresh?: VariableRefresh;
  sort?: VariableSort;
  multi?: boolean;
  includeAll?: boolean;
  allValue?: string;
  skipUrlSync?: boolean;
  current?: { text?: string | string[]; value?: string | string[] };
  auto?: boolean;
  auto_count?: number;
  auto_min?: string;
}

export interface PanelModel {
  id: number;
  type: string;
  title?: string;
  description?: string;
  transparent?: boolean;
  gridPos: { x: number; y: number; w: number; h: number };
  datasource?: DataSourceRef;
  targets?: DataQuery[];
  options?: Record<string, unknown>;
  fieldConfig?: FieldConfigSource;
  pluginVersion?: string;
  transformations?: DataTransformerConfig[];
  maxDataPoints?: number;
  interval?: string;
  timeFrom?: string;
  links?: DataLink[];
  collapsed?: boolean;
  panels?: PanelModel[];
}
