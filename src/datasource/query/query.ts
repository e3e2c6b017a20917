// Reading of saved queries, and template variables in them. What a query leaves out stays out: the backend alone knows what
// that means, and an alert rule that was written by hand gets the same answer as a panel.
import { CoreApp } from '@grafana/data';

import { QUERY_LISTS, QUERY_TEXTS, QueryKind } from '../../generated/contract';
import type { HeadroomQuery } from '../types';
import { expandList, expandValue, type Replace } from './expandList';
import { expandPromql } from './promql';

/** What a new query asks: an alert rule about what is left, anything else what the backend takes an empty query for. */
export function defaultQuery(app?: CoreApp): Omit<HeadroomQuery, 'refId'> {
  return isAlerting(app) ? { queryType: QueryKind.Headroom } : {};
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
 * A saved query in today's form. Queries written by hand may have a single text where a list belongs; empty values are
 * absent; what is not ours (`refId`, `datasource`, `hide` and so on) stays.
 */
export function normalizeQuery(saved: HeadroomQuery): HeadroomQuery {
  const query: HeadroomQuery = { ...saved };
  for (const key of QUERY_LISTS) {
    query[key] = toList(saved[key]);
  }
  for (const key of QUERY_TEXTS) {
    const value: unknown = saved[key];
    query[key] = typeof value === 'string' && value !== '' ? value : undefined;
  }
  for (const key of [...QUERY_LISTS, ...QUERY_TEXTS]) {
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
  for (const key of QUERY_LISTS) {
    const list = query[key];
    if (list) {
      expanded[key] = expandList(list, replace);
    }
  }
  for (const key of QUERY_TEXTS) {
    expanded[key] = expandValue(query[key], replace);
  }
  if (query.expr !== undefined) {
    expanded.expr = expandPromql(query.expr, replace);
  }
  return normalizeQuery(expanded);
}
