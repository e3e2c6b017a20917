// Defaults of a query, reading of saved ones, and template variables in them.
import { CoreApp } from '@grafana/data';

import type { HeadroomQuery, QueryType } from '../types';
import { expandList, expandPromql, expandValue, type Replace } from './expandList';

const LISTS = ['deployments', 'models', 'runs', 'limits', 'namespaces', 'fields', 'kinds'] as const;
const VALUES = [
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

/**
 * What a new query asks: an alert rule about what is left, everything else for the curve. The limits, the metric and the
 * statistic are the data source's defaults.
 */
export function defaultQuery(app?: CoreApp): Omit<HeadroomQuery, 'refId'> & { queryType: QueryType } {
  return { queryType: isAlerting(app) ? 'headroom' : 'curve', select: 'most_requests', loadModel: 'closed' };
}

/** Whether an editor belongs to an alert rule. */
function isAlerting(app: CoreApp | undefined): boolean {
  return app === CoreApp.UnifiedAlerting || app === CoreApp.CloudAlerting;
}

/**
 * Whether an alert rule has kept nothing of the query that its editor shows: Grafana shows the default and saves an empty
 * query until something is changed, and an empty one asks for the curve.
 */
export function isUnsaved(refId: string, kept: HeadroomQuery[] | undefined, app: CoreApp | undefined): boolean {
  const own = kept?.find((query) => query.refId === refId);
  return isAlerting(app) && own !== undefined && own.queryType === undefined;
}

function toList(value: unknown): string[] | undefined {
  if (typeof value === 'string') {
    return value === '' ? undefined : [value];
  }
  if (!Array.isArray(value)) {
    return undefined;
  }
  const texts = value.filter((entry): entry is string => typeof entry === 'string' && entry !== '');
  return texts.length > 0 ? texts : undefined;
}

/**
 * A saved query in today's form. Queries written by hand may have a single text where a list belongs; missing and
 * empty values get their defaults; what is not ours (`refId`, `datasource`, `hide` and so on) stays.
 */
export function normalizeQuery(saved: HeadroomQuery): HeadroomQuery {
  const query: HeadroomQuery = { ...saved };
  for (const key of LISTS) {
    query[key] = toList(saved[key]);
  }
  for (const key of VALUES) {
    const value: unknown = saved[key];
    query[key] = typeof value === 'string' && value !== '' ? value : undefined;
  }
  const defaults = defaultQuery();
  query.queryType ??= defaults.queryType;
  query.select ??= defaults.select;
  query.loadModel ??= defaults.loadModel;
  for (const key of [...LISTS, ...VALUES]) {
    if (query[key] === undefined) {
      // Keys without a value would be saved with every dashboard.
      Reflect.deleteProperty(query, key);
    }
  }
  return query;
}

/** The query that the backend gets: normalized, with every template variable replaced. */
export function expandQuery(saved: HeadroomQuery, replace: Replace): HeadroomQuery {
  const query = normalizeQuery(saved);
  const expanded: HeadroomQuery = { ...query };
  for (const key of LISTS) {
    const list = query[key];
    if (list) {
      expanded[key] = expandList(list, replace);
    }
  }
  for (const key of VALUES) {
    expanded[key] = expandValue(query[key], replace);
  }
  if (query.expr !== undefined) {
    expanded.expr = expandPromql(query.expr, replace);
  }
  return normalizeQuery(expanded);
}
