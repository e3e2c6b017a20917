// Reads saved queries and replaces the template variables in them. Absent keys stay absent: only the backend knows the
// defaults, so an alert rule written by hand gets the same answer as a panel.
import { CoreApp } from '@grafana/data';

import { QUERY_LISTS, QUERY_TEXTS, QueryKind } from '../../generated/contract';
import type { HeadroomQuery } from '../types';
import { expandList, expandValue, type Replace } from './expandList';
import { expandPromql } from './promql';

/** The default query: headroom in an alert rule, elsewhere the empty query, whose meaning the backend decides. */
export function defaultQuery(app?: CoreApp): Omit<HeadroomQuery, 'refId'> {
  return isAlerting(app) ? { queryType: QueryKind.Headroom } : {};
}

/** Whether an editor belongs to an alert rule. */
function isAlerting(app: CoreApp | undefined): boolean {
  return app === CoreApp.UnifiedAlerting || app === CoreApp.CloudAlerting;
}

/**
 * Whether an alert rule has not saved the query that its editor shows. Grafana shows the default query but saves an
 * empty one until the user changes something, and an empty query asks for the curve.
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
 * A saved query in the current form. Queries written by hand may contain a single text instead of a list. Empty values
 * are removed; Grafana's own keys (`refId`, `datasource`, `hide` and so on) stay.
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
      // A key with the value `undefined` would be saved with every dashboard.
      Reflect.deleteProperty(query, key);
    }
  }
  return query;
}

/** The query that is sent to the backend: normalized, with every template variable replaced. */
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
