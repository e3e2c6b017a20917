import assert from 'node:assert/strict';
import test from 'node:test';

import {
  applyFieldOverrides,
  createTheme,
  type DataFrame,
  type Field,
  type FieldConfigSource,
  FieldType,
  toDataFrame,
} from '@grafana/data';

import { type Judged } from '../generated/contract';
import { toChartSeries } from './chartSeries';
import { chartData, linksOf, type RunSeries } from './frames';
import { headroomOf, productionOf, runOf, runsOf } from './meta';
import { verdictRuns } from './verdicts';

const theme = createTheme();

// Node 20 has no `navigator`, and Grafana's value formats read its language.
Object.defineProperty(globalThis, 'navigator', {
  value: { languages: ['en-US'], language: 'en-US' },
  configurable: true,
});

/** A frame as a panel receives it: with overrides applied, and with colours and names set. */
function processed(frames: DataFrame[], fieldConfig: FieldConfigSource = { defaults: {}, overrides: [] }): DataFrame[] {
  return applyFieldOverrides({
    data: frames,
    fieldConfig,
    theme,
    replaceVariables: (text) => text,
    fieldConfigRegistry: undefined,
  });
}

const number = (name: string, values: (number | null)[], config = {}) => ({
  name,
  type: FieldType.number,
  values,
  config,
});

function meta(label: string, changes: Partial<Judged> = {}): Judged {
  const run = { id: `id of ${label}`, label, load_unit: 'users', load_model: 'closed', model: null } as Judged['run'];
  return {
    run,
    metric: 'ttft',
    statistic: 'p95',
    unit: 'ms',
    slo: {
      id: 'chat',
      name: 'Chat',
      source: 'us',
      limits: [
        { id: 'ttft_p95', subject: 'ttft', statistic: 'p95', bound: 1000, unit: 'ms', label: 'TTFT p95 ≤ 1,000 ms' },
        { id: 'itl_p95', subject: 'itl', statistic: 'p95', bound: 40, unit: 'ms', label: 'ITL p95 ≤ 40 ms' },
      ],
    },
    verdict: {
      state: 'edge',
      breaking_load: 7,
      interval: [6, null],
      binding: 'ttft_p95',
      max_passing_load: 6,
      first_failing_load: 8,
      next_level: null,
      text: { breaking_load: '7 users', number: '7', unit: 'users', interval: 'at least 6 users', next_level: null },
      sentence: '',
      limits: [
        { id: 'ttft_p95', state: 'edge', breaking_load: 7, interval: [6, null] },
        { id: 'itl_p95', state: 'floor', breaking_load: null, interval: [32, null] },
      ],
      findings: [],
      few_requests: [],
    },
    ...changes,
  };
}

function levels(run: Judged, columns: Record<string, (number | null)[]>, config = {}): DataFrame {
  const fields = Object.entries(columns).map(([name, values]) => number(name, values, name === 'value' ? config : {}));
  return toDataFrame({ name: 'levels', fields, meta: { custom: { headroom: 'levels', ...run } } });
}

const COLUMNS = {
  load: [1, 2, 4],
  value: [100, 180, 400],
  value_lo: [90, null, 380],
  value_hi: [120, 200, null],
  value_count: [50, 60, 70],
  ok: [51, 61, 71],
  errored: [0, 0, 1],
};

/** What the chart would draw for each series. */
function drawn(frames: DataFrame[], limitOverride?: number) {
  const { series, problems } = chartData(processed(frames), theme, { limitOverride });
  const columns = ({ columns: { load, value, lo, hi, count } }: RunSeries) =>
    [load, value, lo, hi, count].map((column) => Array.from(column));
  return { series, problems, columns: series.map(columns), names: series.map(({ name }) => name) };
}

test('a levels frame becomes columns in which null is NaN', () => {
  const { columns, series, problems } = drawn([levels(meta('a'), COLUMNS)]);
  assert.deepEqual(columns, [
    [
      [1, 2, 4],
      [100, 180, 400],
      [90, NaN, 380],
      [120, 200, NaN],
      [50, 60, 70],
    ],
  ]);
  assert.deepEqual([series[0]?.title, series[0]?.unit, series[0]?.loadUnit], ['TTFT p95', 'ms', 'users']);
  const limits = series[0]?.limits.map(({ bound, label, subject, unit, latency, verdict }) => [
    ...[bound, label, subject, unit, latency],
    verdict,
  ]);
  assert.deepEqual(limits, [
    [1000, 'TTFT p95 ≤ 1,000 ms', 'TTFT p95', 'ms', true, { state: 'edge', lo: 6, hi: null }],
    [40, 'ITL p95 ≤ 40 ms', 'ITL p95', 'ms', true, { state: 'floor', lo: 32, hi: null }],
  ]);
  assert.equal(series[0]?.drawn, 0);
  assert.deepEqual(problems, []);
});

test('without value_count the successful requests weigh', () => {
  const { value_count: _, ...rest } = COLUMNS;
  assert.deepEqual(drawn([levels(meta('a'), rest)]).columns[0]?.[4], [51, 61, 71]);
});

test('levels in any order are drawn ascending, and rows lead back to the frame', () => {
  const { columns, series } = drawn([levels(meta('a'), { load: [4, null, 1], value: [400, 7, 100] })]);
  assert.deepEqual(columns[0]?.slice(0, 2), [
    [1, 4],
    [100, 400],
  ]);
  assert.deepEqual(series[0]?.rows, [2, 0]);
});

test('a limit on another quantity comes with what was measured of it', () => {
  const [series] = drawn([
    levels(meta('a'), { ...COLUMNS, itl_p95: [20, 30, null], itl_p95_lo: [19, 28, null] }),
  ]).series;
  const [own, other] = series?.limits ?? [];
  assert.deepEqual(own?.value, series?.columns.value);
  assert.deepEqual(other && [other.value, other.lo, other.hi, other.count].map((column) => Array.from(column)), [
    [20, 30, NaN],
    [19, 28, NaN],
    [NaN, NaN, NaN],
    [51, 61, 71],
  ]);
});

test('a limit that no level measured is not measured, and none on the drawn quantity is none', () => {
  const itl = meta('a', { metric: 'itl', statistic: 'p50' });
  const [series] = drawn([levels(itl, COLUMNS)]).series;
  assert.equal(series?.drawn, undefined);
  assert.deepEqual(Array.from(series?.limits[1]?.value ?? []), [NaN, NaN, NaN]);
});

test('tokens are those of the chosen kind', () => {
  const columns = {
    ...COLUMNS,
    concurrency: [1, 2, 3.9],
    output_tokens_per_second: [10, 19, 30],
    prompt_tokens_per_second: [20, 38, null],
  };
  const tokens = (basis?: 'output' | 'prompt' | 'total') => {
    const [series] = chartData(processed([levels(meta('a'), columns)]), theme, { basis }).series;
    return Array.from(series?.columns.tokens ?? []);
  };
  assert.deepEqual(tokens(), [10, 19, 30]);
  assert.deepEqual(tokens('prompt'), [20, 38, NaN]);
  assert.deepEqual(tokens('total'), [NaN, NaN, NaN]);
  assert.deepEqual(Array.from(drawn([levels(meta('a'), columns)]).series[0]?.columns.inFlight ?? []), [1, 2, 3.9]);
});

test('another limit takes the place of the service level', () => {
  const verdict = { ...meta('a').verdict, binding: 'itl_p95' };
  const [series] = drawn([levels(meta('a', { verdict }), COLUMNS)], 1500).series;
  assert.ok(series);
  assert.deepEqual(
    series.limits.map(({ bound, label, verdict }) => [bound, label, verdict]),
    [[1500, 'TTFT p95 ≤ 1,500 ms', undefined]],
  );
  assert.equal(series.drawn, 0);
});

test('throughput is not fitted and has no limit', () => {
  const rate = meta('a', { metric: 'request_rate', statistic: null, unit: 'req/s' });
  const [series] = drawn([levels(rate, COLUMNS)], 1500).series;
  assert.ok(series);
  assert.deepEqual([series.monotone, series.drawn, series.title], [false, undefined, 'Request rate']);
});

/** An `overlay` frame about the run `a`, or about none, with this quantity. */
function overlay(metric: string, run: Judged['run'] | null, presence = 'serving', deployment = 'chat'): DataFrame[] {
  const { slo } = meta('a');
  const custom = {
    ...{ deployment, run, metric, statistic: 'p95', unit: 'ms', load_unit: 'users', slo, presence },
    presence_text: 'the scrape fails',
    load: 2.5,
  };
  const frame = (headroom: string, fields: ReturnType<typeof number>[]) =>
    toDataFrame({ name: headroom, refId: 'B', fields, meta: { custom: { headroom, ...custom } } });
  return [
    frame('overlay', [number('load', [2, 3]), number('value', [150, 170])]),
    frame('overlay_bins', [number('load', [2.5]), number('value', [160])]),
  ];
}

test('production lies on the curve of its run in its own quantity', () => {
  const ttft = levels(meta('a'), COLUMNS);
  const itl = levels(meta('a', { metric: 'itl' }), COLUMNS);
  const { series, problems } = drawn([ttft, itl, ...overlay('itl', meta('a').run)]);
  assert.deepEqual(problems, []);
  assert.deepEqual(
    series.map(({ production }) => production?.now),
    [undefined, 2.5],
  );
});

test('production in a quantity that is not drawn is named', () => {
  const { series, problems } = drawn([levels(meta('a'), COLUMNS), ...overlay('e2e', meta('a').run)]);
  assert.deepEqual(problems, ['Production of chat is E2E latency p95 and not drawn over TTFT p95.']);
  assert.equal(series[0]?.production, undefined);
});

test('production without a curve is drawn alone, under the limit on its quantity if there is one', () => {
  const limitOf = (metric: string) => {
    const [one] = drawn(overlay(metric, null)).series;
    assert.equal(one?.production?.now, 2.5);
    return one.drawn;
  };
  assert.deepEqual(['ttft', 'itl', 'e2e'].map(limitOf), [0, 1, undefined]);
});

test('production that refuses requests has a load that is not all that is asked for', () => {
  const shedding = (presence: string) => drawn(overlay('ttft', null, presence)).series[0]?.production;
  assert.deepEqual([shedding('shedding')?.now, shedding('shedding')?.shedding], [2.5, true]);
  assert.deepEqual([shedding('serving')?.now, shedding('serving')?.shedding], [2.5, false]);
});

test('production that is away has no load now, and why', () => {
  const { series, problems } = drawn(overlay('ttft', null, 'down'));
  assert.equal(series[0]?.production?.now, NaN);
  assert.deepEqual(problems, ['chat: the scrape fails']);
});

test('what is away for the same reason is said once', () => {
  const away = ['chat', 'code'].flatMap((deployment) => overlay('ttft', null, 'down', deployment));
  assert.deepEqual(drawn([...away, ...overlay('itl', null, 'serving', 'rag')]).problems, [
    'chat, code: the scrape fails',
  ]);
});

test('fit and verdict frames are not drawn', () => {
  const custom = (headroom: string) =>
    toDataFrame({ fields: [number('load', [1]), number('value', [2])], meta: { custom: { headroom } } });
  assert.deepEqual(drawn([custom('fit'), custom('verdict')]).names, []);
});

test('a plain frame has a line for each number field besides the load', () => {
  const frame = toDataFrame({
    fields: [
      { name: 'model', type: FieldType.string, values: ['a', 'b'] },
      number('p50', [3, 5]),
      number('Concurrency', [8, 16]),
      number('p95', [7, null]),
      number('p95_lo', [6, 8]),
      number('p95_hi', [8, 12]),
      number('count', [100, 200]),
    ],
  });
  const { names, columns } = drawn([frame]);
  assert.deepEqual(names, ['p50', 'p95']);
  assert.deepEqual(columns[1], [
    [8, 16],
    [7, NaN],
    [6, 8],
    [8, 12],
    [100, 200],
  ]);
});

test('without a telling name the first number field is the load', () => {
  const frame = toDataFrame({ fields: [number('x', [2, 1]), number('y', [20, 10])] });
  assert.deepEqual(drawn([frame]).columns[0]?.slice(0, 2), [
    [1, 2],
    [10, 20],
  ]);
});

test('a frame without two number fields is named', () => {
  const { names, problems } = drawn([toDataFrame({ name: 'B', fields: [number('load', [1])] })]);
  assert.deepEqual(names, []);
  assert.deepEqual(problems, ['The frame B needs two number fields, a load and a value; it has 1.']);
});

test('users and requests per second never share an axis', () => {
  const open = meta('open');
  open.run = { ...open.run, load_unit: 'req/s' };
  const { names, problems } = drawn([levels(meta('closed'), COLUMNS), levels(open, COLUMNS)]);
  assert.deepEqual(names, ['closed']);
  assert.deepEqual(problems, ['Not drawn, because the axes are ms over users: open (ms over req/s).']);
});

test('one run in two quantities has two names', () => {
  const e2e = meta('a', { metric: 'e2e' });
  assert.deepEqual(drawn([levels(meta('a'), COLUMNS), levels(e2e, COLUMNS)]).names, [
    'a TTFT p95',
    'a E2E latency p95',
  ]);
});

test('each series takes the next colour of the palette', () => {
  const palette = (label: string) => levels(meta(label), COLUMNS, { color: { mode: 'palette-classic' } });
  const colors = drawn([palette('a'), palette('b'), palette('c')]).series.map(({ color }) => color);
  const expected = theme.visualization.palette.slice(0, 3).map((name) => theme.visualization.getColorByName(name));
  assert.deepEqual(colors, expected);
});

test('the name of the data source is what hiding by legend and overrides go by', () => {
  const [named] = drawn([levels(meta('a'), COLUMNS, { displayNameFromDS: 'run a' })]).series;
  assert.deepEqual([named?.name, named?.fieldName], ['run a', 'run a']);
  const [own] = drawn([levels(meta('a'), COLUMNS)]).series;
  assert.deepEqual([own?.name, own?.fieldName], ['a', undefined]);
});

test('an override hides a run from the chart, the legend or the tooltip', () => {
  for (const hideFrom of [{ viz: true }, { legend: true }, { tooltip: true }, {}]) {
    const [series] = drawn([levels(meta('a'), COLUMNS, { custom: { hideFrom } })]).series;
    assert.deepEqual(series?.hidden, { viz: false, legend: false, tooltip: false, ...hideFrom });
  }
});

test('data links are those of the level, once each, whatever the order of its rows', () => {
  const frame = levels(meta('a'), { load: [4, 1], value: [400, 100] });
  const getLinks = ({ valueRowIndex = -1 }) =>
    ['log', 'log', 'trace'].map((title) => ({ title, href: `/${valueRowIndex}` }));
  const [series] = drawn([frame]).series;
  assert.ok(series);
  const field = { ...series.field, getLinks: getLinks as unknown as Field['getLinks'] };
  const hrefs = (row: number) => linksOf([field], series.rows[row]).map(({ title, href }) => `${title} ${href}`);
  assert.deepEqual(hrefs(0), ['log /1', 'trace /1']);
  assert.deepEqual([hrefs(7), linksOf([series.field], -1)], [[], []]);
});

/** What a snapshot keeps: Grafana removes every key that is null. */
function snapshotOf<T>(value: T): T {
  if (Array.isArray(value)) {
    return value.map(snapshotOf) as T;
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const known = Object.entries(value).filter(([, entry]) => entry !== null);
  return Object.fromEntries(known.map(([key, entry]) => [key, snapshotOf(entry)])) as T;
}

test('a snapshot says the same as the answer that it was taken of', () => {
  const unknown = {
    ...meta('a'),
    statistic: null,
    verdict: { ...meta('a').verdict, breaking_load: null, binding: null },
  };
  const check = (custom: object, read: (frame: DataFrame) => unknown) => {
    const of = (meta: object) => read(toDataFrame({ fields: [], meta: { custom: meta } }));
    assert.deepEqual(of(snapshotOf(custom)), of(custom));
    assert.ok(
      !JSON.stringify(of(custom), (_, value: unknown) => (value === undefined ? 'undefined' : value)).includes(
        'undefined',
      ),
    );
  };
  check({ headroom: 'levels', ...unknown }, runOf);
  check({ headroom: 'verdict', runs: [unknown, meta('b')] }, runsOf);
  check(
    { headroom: 'overlay', deployment: 'chat', run: unknown.run, slo: null, load: null, statistic: null },
    productionOf,
  );
  check({ headroom: 'headroom', deployments: [{ deployment: 'chat', load: null }] }, headroomOf);
});

test('one end of an interval without the other is no interval', () => {
  const verdict = { ...meta('a').verdict, interval: [7] };
  const frame = toDataFrame({ fields: [], meta: { custom: { ...meta('a'), verdict } } });
  assert.deepEqual(runOf(frame)?.verdict.interval, [null, null]);
});

test('a unit of the user’s own writes values and leaves the axis title', () => {
  const own = chartData(processed([levels(meta('a'), COLUMNS, { unit: 's' })]), theme);
  assert.equal(own.yTitle, 'TTFT p95');
  assert.equal(own.series[0]?.display?.(90).text, '1.50');
  const native = chartData(processed([levels(meta('a'), COLUMNS, { unit: 'ms' })]), theme);
  assert.deepEqual([native.yTitle, native.series[0]?.display], ['TTFT p95 (ms)', undefined]);
});

test('a unit for all fields holds although Grafana keeps that of the data source', () => {
  const frames = processed([levels(meta('a'), COLUMNS, { unit: 'ms' })]);
  const own = chartData(frames, theme, { unit: 's' });
  assert.deepEqual([own.yTitle, own.series[0]?.display?.(90).text], ['TTFT p95', '1.50']);
  assert.equal(chartData(frames, theme, { unit: 'ms' }).series[0]?.display, undefined);
  const overridden = chartData(processed([levels(meta('a'), COLUMNS, { unit: 'm' })]), theme, { unit: 's' });
  assert.equal(overridden.series[0]?.display?.(90).text, '1.50');
  assert.equal(overridden.series[0].display(90).suffix, ' hours');
});

test('verdicts come from verdict frames first and each run once', () => {
  const verdict = toDataFrame({
    fields: [
      { name: 'run', type: FieldType.string, values: ['id of b', 'id of a'] },
      number('requests', [20, 10]),
      number('levels', [2, 1]),
    ],
    meta: { custom: { headroom: 'verdict', runs: [meta('b'), meta('a')] } },
  });
  const runs = verdictRuns([levels(meta('a'), COLUMNS), levels(meta('c'), COLUMNS), verdict]);
  assert.deepEqual(
    runs.map(({ run, requests, levels }) => [run.label, requests, levels]),
    [
      ['b', 20, 2],
      ['a', 10, 1],
      ['c', 183, 3],
    ],
  );
});

test('frames that are broken are named, not drawn', () => {
  const broken = toDataFrame({
    name: 'levels',
    fields: [number('load', [1])],
    meta: { custom: { headroom: 'levels' } },
  });
  const { names, problems } = drawn([broken]);
  assert.deepEqual(names, []);
  assert.match(problems[0] ?? '', /levels lacks the columns load and value/);
  assert.deepEqual(verdictRuns([broken]), []);
});

test('the chart is told what a run was asked, as far as that is known', () => {
  const told = (asked: Partial<Judged['run']>) => {
    const run = { ...meta('a').run, ...asked };
    const [series] = chartData(processed([levels(meta('a', { run }), COLUMNS)]), theme).series;
    assert.ok(series);
    const { promptTokens, outputTokens, shape } = toChartSeries(series, true);
    return { promptTokens, outputTokens, shape };
  };
  assert.deepEqual(told({ prompt_tokens: 128, output_tokens: 64, shape: 'sharegpt' }), {
    promptTokens: 128,
    outputTokens: 64,
    shape: 'sharegpt',
  });
  assert.deepEqual(told({}), { promptTokens: NaN, outputTokens: NaN, shape: undefined });
});
