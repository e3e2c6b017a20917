import { useMemo } from 'react';

import { type ChartSeries, type Comparison, type Question, View } from '../generated/contract';
import { toChartOptions, toChartSeries } from './chartSeries';
import { type ChartData } from './frames';
import { type Sign } from './Marker';
import { type Options } from './options';
import { type Engine } from './wasm';

/** What the user asks in addition to the panel's options. */
export type Asked = Pick<Question, 'bound' | 'load' | 'replicas' | 'spare' | 'overLimits'>;

/** Compares all runs, at the prices of `series`. */
export function useComparison(
  engine: Engine,
  data: ChartData,
  series: ChartSeries[],
  options: Options,
  asked: Asked,
): Comparison {
  return useMemo(() => {
    const named = data.series.findIndex(({ name }) => name === options.baseline);
    const question = { ...asked, baseline: Math.max(0, named) };
    return engine.compareRuns(series, toChartOptions(options, data, View.Cost), question);
  }, [engine, data, series, options, asked]);
}

/** Every series as input of the engine, including hidden ones. */
export function useAllSeries(data: ChartData): ChartSeries[] {
  return useMemo(() => data.series.map((one) => toChartSeries(one, true)), [data.series]);
}

export function signsOf(engine: Engine, data: ChartData): Sign[] {
  return data.series.map(({ color }, index) => ({
    outline: engine.outlineOf(index),
    dash: engine.dashOf(index),
    color,
  }));
}
