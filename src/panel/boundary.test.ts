// What the WebAssembly reads, and what it says of a value of the wrong kind.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

import {
  type ChartOptions,
  type ChartSeries,
  compareRuns,
  initSync,
  type Question,
} from '../../panel/pkg/headroom_panel.js';

initSync({ module: readFileSync(new URL('../../panel/pkg/headroom_panel_bg.wasm', import.meta.url)) });

const OPTIONS: ChartOptions = {
  ...{ view: 'cost', xScale: 'linear', yScale: 'linear', showInterval: true, showFit: true, showLimit: true },
  ...{ pointSize: 8, xTitle: '', yTitle: '', basis: 'output', loadRule: 'interpolated' },
  ...{ costUnit: 'tokens_per_dollar', yieldPer: 'gpu' },
};

const QUESTION: Question = { baseline: 0, spare: 0 };

function column(...values: number[]): Float64Array {
  return Float64Array.from(values);
}

function run(name: string, price: number): ChartSeries {
  const value = column(100, 300, 900);
  const measured = { value, lo: column(90, 270, 810), hi: column(110, 330, 990), count: column(50, 50, 50) };
  const between = { atLeast: column(NaN, NaN, NaN), atMost: column(NaN, NaN, NaN) };
  const limit = { bound: 300, label: 'TTFT p95 ≤ 300 ms', subject: 'TTFT p95', unit: 'ms', latency: true };
  return {
    ...{ name, color: 'red', visible: true, loadUnit: 'users', monotone: true, drawn: 0 },
    ...measured,
    ...{ load: column(1, 2, 4), ok: column(50, 50, 50), errored: column(0, 0, 0) },
    ...{ inFlight: column(1, 2, 4), tokens: column(10, 20, 40) },
    ...{ tokensLo: column(9.8, 19.6, 39.2), tokensHi: column(10.2, 20.4, 40.8) },
    ...{ requests: column(1, 2, 4), requestsLo: column(0.98, 1.96, 3.92), requestsHi: column(1.02, 2.04, 4.08) },
    limits: [{ ...measured, ...between, ...limit, verdict: { state: 'edge', lo: 1.75, hi: null } }],
    ...{ price, priceSource: 'list', gpus: NaN, promptTokens: 512, outputTokens: 128, outputTokensError: NaN },
    impossibleRates: false,
  };
}

function told(series: ChartSeries[], question = QUESTION): string[] {
  const { rows } = compareRuns(series, OPTIONS, question);
  return rows.map(({ id, cells }) => `${id}: ${cells.map(({ text, detail }) => `${text} (${detail})`).join(', ')}`);
}

test('columns, verdicts and what is absent arrive as they were sent', () => {
  const rows = told([run('a', 2), run('b', NaN)]);
  assert.ok(rows.includes('load: 2 users (at least 1.75), 2 users (at least 1.75)'), rows.join('\n'));
  assert.ok(rows.includes('price: $2.00 per hour (list),  (unknown: set it in deployments.yaml or the data source)'));
  const { limit, sentences } = compareRuns([run('a', 2), run('b', 2)], OPTIONS, { ...QUESTION, bound: 600, load: 10 });
  assert.deepEqual(limit, { subject: 'TTFT p95', unit: 'ms', bound: 300 });
  assert.match(sentences[0] ?? '', /under TTFT p95 ≤ 600 ms/);
  assert.equal(compareRuns([], OPTIONS, QUESTION).limit, undefined);
});

function check(series: unknown, options: unknown, question: unknown, words: string | RegExp): void {
  const ask = () => compareRuns(series as ChartSeries[], options as ChartOptions, question as Question);
  assert.throws(ask, (error: Error) => {
    assert.match(
      error.message,
      typeof words === 'string' ? new RegExp(`^${words.replace(/[[\].]/g, '\\$&')}$`) : words,
    );
    return true;
  });
}

test('a value of the wrong kind is an error with a sentence that names it', () => {
  const one = run('a', 2);
  const limit = one.limits[0];
  check([one], { ...OPTIONS, pointSize: '8' }, QUESTION, 'options.pointSize: expected a number, found string');
  check([one], { ...OPTIONS, showFit: undefined }, QUESTION, 'options.showFit: expected a value, found undefined');
  check([one], { ...OPTIONS, view: 'pie' }, QUESTION, /^options\.view: expected saturation or .+, found pie$/);
  check([one], { ...OPTIONS, xScale: 'cubic' }, QUESTION, 'options.xScale: expected linear or log, found cubic');
  check([one], null, QUESTION, 'options: expected an object, found null');
  check(
    [one],
    OPTIONS,
    { ...QUESTION, baseline: 0.5 },
    'question.baseline: expected a whole number of at least 0, found number',
  );
  check({}, OPTIONS, QUESTION, 'series: expected a list, found object');
  check([one, { ...one, name: 5 }], OPTIONS, QUESTION, 'series[1].name: expected a text, found number');
  check([{ ...one, load: [1, 2, 4] }], OPTIONS, QUESTION, 'series[0].load: expected a Float64Array, found object');
  check([{ ...one, ok: column(1) }], OPTIONS, QUESTION, 'series[0].ok: expected 3 rows as in load, found 1');
  const limits = [limit, { ...limit, latency: 'yes' }];
  check([{ ...one, limits }], OPTIONS, QUESTION, 'series[0].limits[1].latency: expected true or false, found string');
});
