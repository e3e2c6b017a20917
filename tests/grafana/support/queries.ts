// Queries through Grafana's HTTP interface, as a dashboard and an alert rule send them.
import { expect } from '@grafana/plugin-e2e';
import type { APIRequestContext } from '@playwright/test';

import { type Added, DATASOURCE, RECORDED } from './environment.ts';

/** A frame as the interface returns it. */
export interface Frame {
  schema: {
    name?: string;
    fields: { name: string; type: string; labels?: Record<string, string>; config?: Record<string, unknown> }[];
    meta?: { custom?: Record<string, unknown>; preferredVisualisationPluginId?: string };
  };
  data: { values: unknown[][] };
}

/** What is answered to one query. */
export interface Result {
  status?: number;
  error?: string;
  frames?: Frame[];
}

interface Answer {
  results: Record<string, Result>;
}

const model = (source: Added, query: Record<string, unknown>) => ({
  refId: 'A',
  datasource: { type: DATASOURCE, uid: source.uid },
  intervalMs: 5_000,
  maxDataPoints: 500,
  ...query,
});

/** The answer to one query over the recording. */
export async function ask(request: APIRequestContext, source: Added, query: Record<string, unknown>): Promise<Result> {
  const response = await request.post('/api/ds/query', {
    data: { queries: [model(source, query)], from: String(RECORDED.from), to: String(RECORDED.to) },
  });
  // Who may not ask gets no results at all.
  const { results = {} } = (await response.json()) as Partial<Answer>;
  return (
    results.A ?? {
      status: response.status(),
      error: `expected an answer to A, found ${Object.keys(results).join(', ')}`,
    }
  );
}

/** What an alert rule with this query and a threshold evaluates to at the end of the recording. */
export async function evaluate(request: APIRequestContext, source: Added, query: Record<string, unknown>) {
  const from = Math.round((RECORDED.to - RECORDED.from) / 1_000);
  const expression = { type: '__expr__', uid: '__expr__' };
  const above = { type: 'query', evaluator: { type: 'gt', params: [0] } };
  const response = await request.post('/api/v1/eval', {
    data: {
      condition: 'B',
      now: new Date(RECORDED.to).toISOString(),
      data: [
        {
          refId: 'A',
          queryType: '',
          datasourceUid: source.uid,
          relativeTimeRange: { from, to: 0 },
          model: model(source, query),
        },
        {
          refId: 'B',
          queryType: '',
          datasourceUid: '__expr__',
          relativeTimeRange: { from: 0, to: 0 },
          model: { refId: 'B', type: 'threshold', datasource: expression, expression: 'A', conditions: [above] },
        },
      ],
    },
  });
  expect(response.status(), await response.text()).toBe(200);
  const { results } = (await response.json()) as Answer;
  return results;
}
