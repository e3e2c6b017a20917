// Why queries failed, for people. Grafana says so in a corner of the panel at most, and in Explore elsewhere.
import { type PanelData } from '@grafana/data';

export interface Failure {
  title: string;
  /** What went wrong, in the words of whoever found out. */
  text: string;
  /** Whether there is no such data source, so that nobody was asked. */
  missingSource: boolean;
}

/** Every failure of the panel's queries once, in their order. */
export function failuresOf(data: Pick<PanelData, 'errors' | 'error'>): Failure[] {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- Grafana sets it alone where no single query can be blamed
  const all = data.errors ?? (data.error ? [data.error] : []);
  const failures = all.map(({ refId, message, data: body, status, statusText }) => {
    const told = [message, body?.message, body?.error, statusText].find((text) => text !== undefined && text !== '');
    const text =
      told ?? (status === undefined ? 'No reason was given; the browser’s console may say more.' : `HTTP ${status}`);
    const missingSource = /data ?source .*not found/is.test(text);
    const query = refId === undefined ? 'The query failed' : `Query ${refId} failed`;
    return { title: missingSource ? 'The data source of this panel is not there' : query, text, missingSource };
  });
  return failures.filter(
    (one, at) => failures.findIndex(({ title, text }) => title === one.title && text === one.text) === at,
  );
}

/** A failure on one line. */
export function failureLine({ title, text }: Failure): string {
  return `${title}: ${text}`;
}
