import { getBackendSrv, isFetchError } from '@grafana/runtime';

/**
 * Asks a Headroom data source's backend for a list without loading the data source itself.
 *
 * @throws what `describeError` can put into words; Grafana shows no alert of its own.
 */
export function fetchResource<T>(uid: string, path: string): Promise<T> {
  const url = `/api/datasources/uid/${encodeURIComponent(uid)}/resources/${path}`;
  return getBackendSrv().get<T>(url, undefined, undefined, { showErrorAlert: false });
}

/** What went wrong, in the backend's own words where it gave any. */
export function describeError(error: unknown): string {
  if (isFetchError<{ error?: unknown; message?: unknown } | undefined>(error)) {
    const text = [error.data?.error, error.data?.message].find((part) => typeof part === 'string' && part !== '');
    return typeof text === 'string' ? text : `HTTP ${error.status} ${error.statusText ?? ''}`.trim();
  }
  return error instanceof Error ? error.message : String(error);
}
