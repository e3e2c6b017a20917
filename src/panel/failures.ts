// Why queries failed, as texts for users. Grafana shows this in a corner of the panel at most, and in Explore outside
// of the panel.
import { type PanelData } from '@grafana/data';
import { type DataQuery } from '@grafana/schema';

import { QUERY_KINDS } from '../generated/contract';
import { DATASOURCE_ID } from '../links';

export interface Failure {
  title: string;
  /** What went wrong, in the words of the component that failed. */
  text: string;
  /** If the data source does not exist, so that no query was sent: its name, empty if none is chosen. */
  missingSource: string | undefined;
}

/** Every failure of the panel's queries once, in the order of the queries. */
export function failuresOf(data: Pick<PanelData, 'errors' | 'error'>): Failure[] {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- Grafana sets it alone where no single query can be blamed
  const all = data.errors ?? (data.error ? [data.error] : []);
  const failures = all.map(({ refId, message, data: body, status, statusText }) => {
    const told = [message, body?.message, body?.error, statusText].find((text) => text !== undefined && text !== '');
    const text =
      told ?? (status === undefined ? 'No reason was given; the browser’s console may say more.' : `HTTP ${status}`);
    const missingSource = missingName(text);
    const query = refId === undefined ? 'The query failed' : `Query ${refId} failed`;
    return {
      title: missingSource === undefined ? query : 'The data source of this panel is not there',
      text,
      missingSource,
    };
  });
  return failures.filter(
    (one, at) => failures.findIndex(({ title, text }) => title === one.title && text === one.text) === at,
  );
}

/** The name in Grafana's message about a data source that does not exist; a variable without a value is not a name. */
function missingName(text: string): string | undefined {
  const [, found] = /data ?source (.*?)(?:was )?not found/is.exec(text) ?? [];
  const name = found?.replaceAll(/["'`]/g, '').trim();
  return name?.startsWith('$') ? '' : name;
}

/**
 * Whether the panel is empty because this Grafana has no Headroom data source. A panel with another data source is
 * empty for other reasons.
 */
export function lacksOurSource(data: Pick<PanelData, 'request' | 'errors' | 'error'>): boolean {
  const targets = data.request?.targets ?? [];
  if (targets.length > 0) {
    return targets.some(isOurs);
  }
  // No query was sent: the panel has none, or its data source is a variable without a value.
  return failuresOf(data).every(({ missingSource }) => missingSource === '');
}

/**
 * For a missing data source Grafana writes the one that it uses instead into the query, so the query kind is checked,
 * too.
 */
function isOurs({ datasource, queryType }: DataQuery): boolean {
  return datasource?.type === DATASOURCE_ID || QUERY_KINDS.some(({ value }) => value === queryType);
}

/** A failure on one line. */
export function failureLine({ title, text }: Failure): string {
  return `${title}: ${text}`;
}
