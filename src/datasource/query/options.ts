// What the query editor shows for a query kind.
import { type Choice, DEFAULTS, type KindChoice, Latency, type Part, QUERY_KINDS } from '../../generated/contract';

/** The kinds that a query may be of: its own, or every kind if a variable stands for it. */
function kindsOf(queryType: string | undefined): readonly KindChoice[] {
  return queryType?.includes('$') === true
    ? QUERY_KINDS
    : QUERY_KINDS.filter(({ value }) => value === (queryType ?? DEFAULTS.queryType));
}

/** The parts of a query that the backend reads for this kind. */
export function takes(queryType: string | undefined): ReadonlySet<Part> {
  return new Set(kindsOf(queryType).flatMap((kind) => kind.takes));
}

/** The names that `fields` may contain. */
export function fieldsOf(queryType: string | undefined): Choice[] {
  return kindsOf(queryType).flatMap(({ fields }) => fields);
}

/** Whether the metric has statistics to choose from. A variable may stand for a latency, so it has. */
export function hasStatistic(metric: string | undefined): boolean {
  return metric === undefined || metric.includes('$') || Object.values<string>(Latency).includes(metric);
}

/** Whether the backend reads any of these parts. */
export function takesAny(taken: ReadonlySet<Part>, parts: readonly Part[]): boolean {
  return parts.some((part) => taken.has(part));
}
