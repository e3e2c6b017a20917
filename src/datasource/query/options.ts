// What the query editor shows for a query kind.
import { type Choice, DEFAULTS, type KindChoice, Latency, type Part, QUERY_KINDS } from '../../generated/contract';

/** The kinds that a query may be of: one, or any of them where a variable stands for it. */
function kindsOf(queryType: string | undefined): readonly KindChoice[] {
  return queryType?.includes('$') === true
    ? QUERY_KINDS
    : QUERY_KINDS.filter(({ value }) => value === (queryType ?? DEFAULTS.queryType));
}

/** Which parts of a query the backend reads for its kind. */
export function takes(queryType: string | undefined): ReadonlySet<Part> {
  return new Set(kindsOf(queryType).flatMap((kind) => kind.takes));
}

/** What `fields` may name. */
export function fieldsOf(queryType: string | undefined): Choice[] {
  return kindsOf(queryType).flatMap(({ fields }) => fields);
}

/** Whether a statistic can be chosen for the metric. A variable may stand for a latency. */
export function hasStatistic(metric: string | undefined): boolean {
  return metric === undefined || metric.includes('$') || Object.values<string>(Latency).includes(metric);
}

/** Whether any of these parts is read. */
export function takesAny(taken: ReadonlySet<Part>, parts: readonly Part[]): boolean {
  return parts.some((part) => taken.has(part));
}
