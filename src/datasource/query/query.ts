// Defaults of a query, reading of saved ones, and template variables in them.
import type { HeadroomQuery } from '../types';
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

/** What a new query asks. The limits, the metric and the statistic are the data source's defaults. */
export function defaultQuery(): Omit<HeadroomQuery, 'refId'> {
  return { queryType: 'curve', select: 'most_requests', loadModel: 'closed' };
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
