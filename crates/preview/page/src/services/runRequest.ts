/** Runs one panel's queries on one data source and turns its packets into panel data. */

import {
  type DataFrame,
  type DataQueryRequest,
  type DataQueryResponse,
  type DataSourceApi,
  DataTopic,
  LoadingState,
  type PanelData,
} from '@grafana/data';
import { toDataQueryError } from '@grafana/runtime';
import { catchError, defer, from, isObservable, map, type Observable, of, scan, startWith } from 'rxjs';

interface Packets {
  byKey: Map<string, DataQueryResponse>;
  data: PanelData;
}

function stateOf(packet: DataQueryResponse): LoadingState {
  if (packet.error || packet.errors?.length) {
    return LoadingState.Error;
  }
  return packet.state ?? LoadingState.Done;
}

/** A later packet with the same key replaces the earlier one; others add up. */
function addPacket(previous: Packets, packet: DataQueryResponse, request: DataQueryRequest): Packets {
  const byKey = new Map(previous.byKey);
  byKey.set(packet.key ?? (packet.data[0] as DataFrame | undefined)?.refId ?? 'A', packet);
  const series: DataFrame[] = [];
  const annotations: DataFrame[] = [];
  const errors = [];
  for (const one of byKey.values()) {
    errors.push(...(one.errors ?? (one.error ? [one.error] : [])));
    for (const item of one.data as DataFrame[]) {
      // As they came: the values of a variable are in here too, and they are no frames. Panels make theirs out of it.
      (item.meta?.dataTopic === DataTopic.Annotations ? annotations : series).push(item);
    }
  }
  const data: PanelData = {
    state: errors.length > 0 ? LoadingState.Error : stateOf(packet),
    series,
    annotations,
    errors: errors.length > 0 ? errors : undefined,
    error: errors[0],
    request: { ...request, endTime: Date.now() },
    timeRange: request.range,
  };
  return { byKey, data };
}

/** How to ask instead of by `query`; a data source with its own variable support has another way for variables. */
type Ask = DataSourceApi['query'];

function respond(datasource: DataSourceApi, request: DataQueryRequest, ask?: Ask): Observable<DataQueryResponse> {
  if (!ask) {
    // Grafana asks the data source which of its queries are worth an answer.
    const targets = request.targets.filter((query) => datasource.filterQuery?.(query) ?? true);
    return targets.length > 0 ? observed(datasource.query({ ...request, targets })) : of({ data: [] });
  }
  return observed(ask(request));
}

function observed(response: ReturnType<Ask>): Observable<DataQueryResponse> {
  return isObservable(response) ? response : from(response);
}

export function runRequest(datasource: DataSourceApi, request: DataQueryRequest, ask?: Ask): Observable<PanelData> {
  const timeRange = request.range;
  const empty: PanelData = { state: LoadingState.Loading, series: [], annotations: [], request, timeRange };
  if (request.targets.length === 0) {
    return of({ ...empty, state: LoadingState.Done });
  }
  const start: Packets = { byKey: new Map(), data: empty };
  let last = empty;
  // Deferred, so that a data source that throws at once is an error of the panel like any other.
  const packets = defer(() => respond(datasource, request, ask)).pipe(
    scan((packetsSoFar, packet) => addPacket(packetsSoFar, packet, request), start),
    map((packetsSoFar) => {
      last = packetsSoFar.data;
      return last;
    }),
    catchError((caught: unknown) => {
      const error = toDataQueryError(caught);
      return of({ ...last, state: LoadingState.Error, error, errors: [error] });
    }),
  );
  return packets.pipe(startWith(empty));
}
