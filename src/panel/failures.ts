// Why queries failed, for people. Grafana says so in a corner of the panel at most, and in Explore elsewhere.
import { type PanelData } from '@grafana/data';
import { type DataQuery } from '@grafana/schema';

import { QUERY_KINDS } from '../generated/contract';
import { DATASOURCE_ID } from '../links';

export interface Failure {
  title: string;
  /** What went wrong, in the words of whoever found out. */
  text: string;
  /** Where there is no such data source, so that nobody was asked: its name, empty where none is chosen. */
  missingSource: string | undefined;
}

/** Every failure of the panel's queries once, in their order. */
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

/** The name in Grafana's words for a data source that is not there; a variable without a value is no name. */
function missingName(text: string): string | undefined {
  const [, found] = /data ?source (.*?)(?:was )?not found/is.exec(text) ?? [];
  const name = found?.replaceAll(/["'`]/g, '').trim();
  return name?.startsWith('$') ? '' : name;
}

/**
 * Whether what the panel lacks is a Headroom data source, in a Grafana that has none: a panel that another data source
 * feeds lacks something else.
 */
export function lacksOurSource(data: Pick<PanelData, 'request' | 'errors' | 'error'>): boolean {
  const targets = data.request?.targets ?? [];
  if (targets.length > 0) {
    return targets.some(isOurs);
  }
  // Nobody was asked: the panel has no query, or its data source is a variable without a value.
  return failuresOf(data).every(({ missingSource }) => missingSource === '');
}

/** Grafana puts the data source that it asks instead into a query whose own is not there, so the kind of the query counts, too. */
function isOurs({ datasource, queryType }: DataQuery): boolean {
  return datasource?.type === DATASOURCE_ID || QUERY_KINDS.some(({ value }) => value === queryType);
}

/** A failure on one line. */
export function failureLine({ title, text }: Failure): string {
  return `${title}: ${text}`;
}
