import { getBackendSrv, isFetchError } from '@grafana/runtime';

import type { Resource } from '../generated/contract';
import type { Health } from './resources';

/**
 * Requests a list from the backend of a Headroom data source without loading the data source itself.
 *
 * @throws an error that `describeError` turns into text; Grafana shows no alert for it.
 */
export function fetchResource<T>(uid: string, resource: Resource): Promise<T> {
  return get<T>(uid, `resources/${resource}`);
}

/**
 * The result of "Save & test", also if the data source answers that it does not work.
 *
 * @throws an error that `describeError` turns into text, if there is no answer.
 */
export async function fetchHealth(uid: string): Promise<Health> {
  type Answer = Pick<Health, 'message' | 'details'> & { status: string };
  try {
    const { status, message, details } = await get<Answer>(uid, 'health');
    return { works: status === 'OK', message, details };
  } catch (error) {
    if (isFetchError<Partial<Answer> | undefined>(error) && error.data?.details) {
      return { works: false, message: error.data.message ?? '', details: error.data.details };
    }
    throw error;
  }
}

function get<T>(uid: string, path: string): Promise<T> {
  const url = `/api/datasources/uid/${encodeURIComponent(uid)}/${path}`;
  return getBackendSrv().get<T>(url, undefined, undefined, { showErrorAlert: false });
}

/** What went wrong, in the backend's own words if it sent any. */
export function describeError(error: unknown): string {
  if (isFetchError<{ error?: unknown; message?: unknown } | undefined>(error)) {
    const text = [error.data?.error, error.data?.message].find((part) => typeof part === 'string' && part !== '');
    return typeof text === 'string' ? text : `HTTP ${error.status} ${error.statusText ?? ''}`.trim();
  }
  return error instanceof Error ? error.message : String(error);
}
