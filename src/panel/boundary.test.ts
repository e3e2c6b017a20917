// What the WebAssembly accepts, and its message for a value of the wrong type.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

import { compareRuns, initSync, outlineOf } from '../../panel/pkg/headroom_panel.js';
import { type ChartOptions, type ChartSeries, Mark, type Question } from '../generated/contract';

initSync({ module: readFileSync(new URL('../../panel/pkg/headroom_panel_bg.wasm', import.meta.url)) });

const OPTIONS: ChartOptions = {
  ...{ view: 'cost', xScale: 'linear', yScale: 'linear', showInterval: true, showFit: true, showLimit: true },
  ...{ pointSize: 8, xTitle: '', yTitle: '', basis: 'output', loadRule: 'interpolated' },
  ...{ costUnit: 'tokens_per_dollar', yieldPer: 'gpu' },
};

const QUESTION: Question = { baseline: 0, spare: 0, overLimits: false };

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
    ...{ impossibleRates: false, fewRequests: column() },
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

test('the name of a workload says whether runs were asked the same where a length is not known', () => {
  const named = (name: string, shape: string | undefined) => ({ ...run(name, 2), promptTokens: NaN, shape });
  const sentence = (...series: ChartSeries[]) => compareRuns(series, OPTIONS, QUESTION).sentences[0];
  assert.match(sentence(named('a', 'sharegpt'), named('b', 'sharegpt')) ?? '', /^A dollar buys /);
  assert.match(sentence(named('a', 'sharegpt'), named('b', 'random')) ?? '', /asked random against sharegpt/);
  assert.match(sentence(named('a', undefined), named('b', undefined)) ?? '', /asked unknown lengths/);
});

test('a comparison is divided into sections, and what does not hold is marked', () => {
  const question = { ...QUESTION, load: 10, replicas: 1 };
  const { rows } = compareRuns([run('a', 2), run('b', 20)], OPTIONS, question);
  assert.deepEqual(
    rows.flatMap(({ id, section }) => (section === undefined ? [] : [[id, section]])),
    [
      ['load', 'Capacity under the service level'],
      ['price', 'Cost at that load'],
      ['ratio', 'Compared'],
      ['replicas', 'Fleet for the load to serve'],
    ],
  );
  const marks = (of: string) => rows.find(({ id }) => id === of)?.cells.map(({ mark }) => mark);
  assert.deepEqual(
    [marks('load'), marks('replicas')],
    [
      [Mark.None, Mark.None],
      [Mark.Bad, Mark.Bad],
    ],
  );
});

test('what no figure says is told, and what a dollar buys under each limit', () => {
  const few = { ...run('b', 1), quantization: 'int4', fewRequests: column(2, 4) };
  const runs = [{ ...run('a', 2), quantization: 'bf16' }, few];
  const asked = { ...QUESTION, overLimits: true };
  const { notes, over } = compareRuns(runs, OPTIONS, asked);
  const has = (words: RegExp) => {
    assert.ok(
      notes.some((note) => words.test(note)),
      `${words.source}: ${notes.join('\n')}`,
    );
  };
  has(
    /^By output tokens per dollar, over the limit on TTFT p95: b is ahead beyond doubt from 150 ms to 810 ms; b is ahead by the figures/,
  );
  has(/^Too few requests to be sure of the load: b at 2, 4 users\.$/);
  has(/^Quality was not measured: .* answers in int4 are as good as those in bf16/);
  assert.deepEqual(
    over.map(({ label }) => label),
    [150, 300, 450, 600, '1,200'].map((bound) => `TTFT p95 ≤ ${bound} ms`),
  );
  assert.equal(compareRuns([run('a', 2), run('b', 1)], OPTIONS, { ...asked, bound: 600 }).notes.length, 1);
  assert.deepEqual(compareRuns([run('a', 2)], OPTIONS, asked).over, []);
  assert.deepEqual(compareRuns(runs, OPTIONS, QUESTION).over, []);
});

test('the legend draws the points that the chart draws', () => {
  const corners = [0, 1, 2, 3, 4, 5, 6].map((series) => outlineOf(series).length / 2);
  assert.deepEqual(corners, [0, 4, 3, 4, 3, 12, 12]);
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
  check([one], { ...OPTIONS, pointSize: '8' }, QUESTION, 'options.pointSize: expected a number; found string');
  check(
    [one],
    { ...OPTIONS, showFit: undefined },
    QUESTION,
    'options.showFit: expected true or false; found undefined',
  );
  check([one], { ...OPTIONS, view: 'pie' }, QUESTION, /^options\.view: expected saturation, .+ or .+; found `pie`$/);
  check(
    [one],
    { ...OPTIONS, view: 'verdict' },
    QUESTION,
    /^options\.view: expected saturation, .+ or .+; found `verdict`$/,
  );
  check([one], { ...OPTIONS, xScale: 'cubic' }, QUESTION, 'options.xScale: expected linear or log; found `cubic`');
  check([one], null, QUESTION, 'options: expected an object; found null');
  check(
    [one],
    OPTIONS,
    { ...QUESTION, baseline: 0.5 },
    'question.baseline: expected a whole number of at least 0; found number',
  );
  check({}, OPTIONS, QUESTION, 'series: expected a list; found object');
  check([one, { ...one, name: 5 }], OPTIONS, QUESTION, 'series[1].name: expected a text; found number');
  check([{ ...one, load: [1, 2, 4] }], OPTIONS, QUESTION, 'series[0].load: expected a Float64Array; found object');
  check([{ ...one, ok: column(1) }], OPTIONS, QUESTION, 'series[0].ok: expected 3 rows as in load; found 1');
  const limits = [limit, { ...limit, latency: 'yes' }];
  check([{ ...one, limits }], OPTIONS, QUESTION, 'series[0].limits[1].latency: expected true or false; found string');
});
