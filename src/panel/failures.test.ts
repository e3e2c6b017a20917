import assert from 'node:assert/strict';
import test from 'node:test';

import { type DataQueryError, type DataQueryRequest } from '@grafana/data';
import { type DataQuery } from '@grafana/schema';

import { failureLine, failuresOf, lacksOurSource } from './failures';

function check(errors: DataQueryError[], expected: string[], missingSource?: string): void {
  const failures = failuresOf({ errors });
  assert.deepEqual(failures.map(failureLine), expected);
  assert.ok(failures.every((one) => one.missingSource === missingSource));
}

test('a failed query is named with the reason that was given', () => {
  check([{ refId: 'A', message: 'there is no service level `x`' }], ['Query A failed: there is no service level `x`']);
  check([{ refId: 'B', data: { message: 'bad gateway' }, status: 502 }], ['Query B failed: bad gateway']);
  check([{ data: { error: 'stack' }, statusText: 'Internal' }], ['The query failed: stack']);
});

test('a failure without a reason still says something', () => {
  check([{ status: 504 }], ['The query failed: HTTP 504']);
  check([{ refId: 'A' }], ['Query A failed: No reason was given; the browser’s console may say more.']);
});

test('a data source that is not there is named so, in the words of Grafana and of the preview', () => {
  for (const [message, name] of [
    ['Datasource headroom was not found', 'headroom'],
    ['Datasource  was not found', ''],
    ['Data source "x" was not found. The provisioned ones are: y.', 'x'],
    ['Data source "${datasource}" was not found. The provisioned ones are: none.', ''],
  ] as const) {
    check([{ message }], [`The data source of this panel is not there: ${message}`], name);
  }
});

function checkLack(targets: DataQuery[], message: string | undefined, expected: boolean): void {
  const request = targets.length > 0 ? ({ targets } as DataQueryRequest) : undefined;
  assert.equal(lacksOurSource({ request, errors: message === undefined ? [] : [{ message }] }), expected);
}

test('what is missing is a Headroom data source where the panel asks one, or nobody', () => {
  const query = (type: string | undefined, queryType?: string) => ({ refId: 'A', queryType, datasource: { type } });
  checkLack([query('headroom-llm-datasource')], undefined, true);
  checkLack([query('prometheus', 'curve')], undefined, true);
  checkLack([query('prometheus'), query('headroom-llm-datasource')], 'bad gateway', true);
  checkLack([query('prometheus')], undefined, false);
  checkLack([query('loki', 'range')], 'Datasource loki was not found', false);
  checkLack([], undefined, true);
  checkLack([], 'Data source "${datasource}" was not found. The provisioned ones are: none.', true);
  checkLack([], 'Datasource my-prometheus was not found', false);
  checkLack([], 'bad gateway', false);
});

test('each failure is said once, and none is none', () => {
  check(
    [
      { refId: 'A', message: 'x' },
      { refId: 'A', message: 'x' },
      { refId: 'B', message: 'x' },
    ],
    ['Query A failed: x', 'Query B failed: x'],
  );
  assert.deepEqual(failuresOf({}), []);
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- Grafana still sets it
  assert.deepEqual(failuresOf({ error: { message: 'x' } }).map(failureLine), ['The query failed: x']);
});
