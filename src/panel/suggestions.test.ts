import assert from 'node:assert/strict';
import test from 'node:test';

import { type DataFrame, FieldType, toDataFrame, VisualizationSuggestionScore } from '@grafana/data';

import { completed } from './options';
import { suggestions } from './suggestions';

const number = (name: string, values = [1, 2]) => ({ name, type: FieldType.number, values });

function ours(headroom: string, custom: object = {}): DataFrame {
  return toDataFrame({ fields: [number('load'), number('value')], meta: { custom: { headroom, ...custom } } });
}

function levels(price: number | null, gpus: number | null = null): DataFrame {
  const run = { id: `at ${price}`, price_per_hour: price, gpus };
  return ours('levels', { run, metric: 'ttft', slo: { limits: [] }, verdict: {} });
}

function check(rawFrames: DataFrame[], views: string[], best: boolean): void {
  const offered = suggestions({ rawFrames });
  assert.deepEqual(
    offered.map(({ options }) => options?.view),
    views,
  );
  assert.equal(offered[0]?.score === VisualizationSuggestionScore.Best, best);
}

test('a curve is offered as a curve first, and then what else its frames suffice for', () => {
  check([levels(null), ours('fit')], ['saturation', 'verdict', 'what_if'], true);
  check([levels(null), levels(2)], ['saturation', 'verdict', 'comparison', 'what_if', 'cost'], true);
  check([levels(null, 4)], ['saturation', 'verdict', 'what_if', 'pareto'], true);
  check([levels(2, 4)], ['saturation', 'verdict', 'what_if', 'cost', 'pareto'], true);
});

test('verdicts are offered as cards, production as a curve of its own', () => {
  check([ours('verdict')], ['verdict'], true);
  check([ours('overlay'), ours('overlay_bins')], ['saturation'], true);
});

test('tables and series of the data source, and an answer without rows, are for other panels', () => {
  for (const kind of ['table', 'live', 'headroom', 'bottleneck', 'nothing']) {
    check([ours(kind)], [], false);
  }
  check([toDataFrame({ fields: [], meta: { custom: { headroom: 'levels' } } })], [], false);
});

test('a frame of another data source is offered where a column is a load, and never over time', () => {
  check([toDataFrame({ fields: [number('Concurrency'), number('p95')] })], ['saturation'], false);
  check([toDataFrame({ fields: [number('x'), number('y')] })], [], false);
  check(
    [toDataFrame({ fields: [{ name: 't', type: FieldType.time, values: [1, 2] }, number('load'), number('y')] })],
    [],
    false,
  );
});

test('what is offered is a view that the panel has, under its own name, and its card has no legend', () => {
  for (const one of suggestions({ rawFrames: [levels(1), levels(2)] })) {
    assert.equal(completed(one.options ?? {}).view, one.options?.view);
    assert.match(one.name ?? '', /^Headroom: ./);
    one.cardOptions?.previewModifier?.(one);
    assert.equal(completed(one.options ?? {}).legend.showLegend, false);
  }
});
