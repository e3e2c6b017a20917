/** `BackendSrv`: the one way in which Grafana's packages and plugins reach the server. */

import { AppEvents, type EventBus } from '@grafana/data';
import type { BackendSrv, BackendSrvRequest, FetchError, FetchResponse } from '@grafana/runtime';
import { firstValueFrom, Observable } from 'rxjs';

type Verb = 'GET' | 'DELETE' | 'POST' | 'PATCH' | 'PUT';

/** Requests under way by `requestId`: a second request with the same id replaces the first, as in Grafana. */
const inFlight = new Map<string, AbortController>();

function absolute(request: BackendSrvRequest): string {
  const url = new URL(request.url.startsWith('/') ? request.url : `/${request.url}`, window.location.origin);
  for (const [name, value] of Object.entries(request.params ?? {})) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null) {
        url.searchParams.append(name, String(one));
      }
    }
  }
  return url.toString();
}

/** Plain data becomes JSON; files, forms and texts go as they are and bring their own content type. */
function bodyOf(request: BackendSrvRequest): { body?: BodyInit; headers: Headers } {
  const headers = new Headers(request.headers);
  const data: unknown = request.data;
  if (data === undefined || data === null) {
    return { headers };
  }
  const isRaw =
    typeof data === 'string' ||
    data instanceof FormData ||
    data instanceof Blob ||
    data instanceof ArrayBuffer ||
    ArrayBuffer.isView(data) ||
    data instanceof URLSearchParams;
  if (isRaw) {
    return { body: data as BodyInit, headers };
  }
  if (!headers.has('content-type')) {
    headers.set('content-type', 'application/json');
  }
  return { body: JSON.stringify(data), headers };
}

async function parse(response: Response, type: BackendSrvRequest['responseType']): Promise<unknown> {
  switch (type) {
    case 'arraybuffer':
      return response.arrayBuffer();
    case 'blob':
      return response.blob();
    case 'text':
      return response.text();
    case 'json':
    case undefined: {
      const text = await response.text();
      try {
        return text === '' ? undefined : JSON.parse(text);
      } catch {
        return text;
      }
    }
  }
}

function messageOf(error: FetchError): string {
  const data: unknown = error.data;
  if (typeof data === 'object' && data !== null && 'message' in data && typeof data.message === 'string') {
    return data.message;
  }
  return error.message ?? error.statusText ?? 'Request failed';
}

/* eslint-disable @typescript-eslint/only-throw-error -- Grafana's packages tell a FetchError by its fields, not by its class */

export function createBackendSrv(appEvents: EventBus): BackendSrv {
  async function send<T>(request: BackendSrvRequest, signal: AbortSignal): Promise<FetchResponse<T>> {
    const { body, headers } = bodyOf(request);
    const url = absolute(request);
    let response: Response;
    try {
      response = await fetch(url, {
        method: request.method ?? 'GET',
        headers,
        body,
        signal,
        credentials: request.credentials,
      });
    } catch (cause) {
      const cancelled = signal.aborted;
      const error: FetchError = {
        status: cancelled ? -1 : 0,
        statusText: cancelled ? 'Request was aborted' : 'The preview server does not answer',
        message: cancelled ? 'Request was aborted' : `The preview server does not answer: ${String(cause)}`,
        cancelled,
        data: {},
        config: request,
      };
      throw error;
    }
    const data = (await parse(response, request.responseType)) as T;
    if (!response.ok) {
      const error: FetchError = { status: response.status, statusText: response.statusText, data, config: request };
      error.message = messageOf(error);
      throw error;
    }
    const { status, statusText, ok, redirected, type } = response;
    return { data, status, statusText, ok, redirected, type, url, headers: response.headers, config: request };
  }

  function fetchObservable<T>(request: BackendSrvRequest): Observable<FetchResponse<T>> {
    return new Observable((subscriber) => {
      const controller = new AbortController();
      const { requestId, abortSignal } = request;
      const abort = () => controller.abort();
      abortSignal?.addEventListener('abort', abort);
      if (requestId) {
        inFlight.get(requestId)?.abort();
        inFlight.set(requestId, controller);
      }
      const done = () => {
        abortSignal?.removeEventListener('abort', abort);
        if (requestId && inFlight.get(requestId) === controller) {
          inFlight.delete(requestId);
        }
      };
      send<T>(request, controller.signal).then(
        (response) => {
          done();
          subscriber.next(response);
          subscriber.complete();
        },
        (error: unknown) => {
          done();
          subscriber.error(error);
        },
      );
      return () => {
        done();
        controller.abort();
      };
    });
  }

  /** The promise methods tell the user about errors unless the caller says that it does. */
  async function request<T>(options: BackendSrvRequest): Promise<T> {
    try {
      return (await firstValueFrom(fetchObservable<T>(options))).data;
    } catch (caught) {
      const error = caught as FetchError;
      if (options.showErrorAlert !== false && !error.cancelled && !error.isHandled) {
        appEvents.publish({ type: AppEvents.alertError.name, payload: [messageOf(error)] });
      }
      throw error;
    }
  }

  const withBody =
    (method: Verb) =>
    <T>(url: string, data?: unknown, options?: Partial<BackendSrvRequest>): Promise<T> =>
      request<T>({ ...options, method, url, data });

  return {
    fetch: fetchObservable,
    datasourceRequest: <T>(options: BackendSrvRequest) => firstValueFrom(fetchObservable<T>(options)),
    request,
    get: (url, params: Record<string, unknown> | undefined, requestId, options) =>
      request({ ...options, method: 'GET', url, params, requestId }),
    delete: withBody('DELETE'),
    post: withBody('POST'),
    patch: withBody('PATCH'),
    put: withBody('PUT'),
    chunked: () => {
      throw new Error('The preview has no long-living requests; Grafana has.');
    },
  };
}
