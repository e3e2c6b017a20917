// Converts the series of the frames to the input of the WebAssembly.
import { formattedValueToString } from '@grafana/data';

import type { Chart as Plot } from '../../panel/pkg/headroom_panel';
import { type ChartOptions, type ChartSeries, Code } from '../generated/contract';
import type { ChartData, RunSeries } from './frames';
import type { Options } from './options';

export type ChartKind = ChartOptions['view'];
export type Ticks = Parameters<Plot['setOptions']>[1];

export function toChartSeries(series: RunSeries, visible: boolean): ChartSeries {
  const { name, color, columns, loadUnit, monotone, limits, drawn, meta, production } = series;
  const run = meta?.run;
  return {
    ...{ name, color, visible, loadUnit, monotone, limits, drawn, production },
    ...columns,
    price: run?.price_per_hour ?? NaN,
    priceSource: run?.price_source ?? '',
    gpus: run?.gpus ?? NaN,
    quantization: run?.quantization ?? undefined,
    promptTokens: run?.prompt_tokens ?? NaN,
    outputTokens: run?.output_tokens ?? NaN,
    outputTokensError: run?.output_tokens_error ?? NaN,
    fewRequests: Float64Array.from(meta?.verdict.few_requests ?? []),
    impossibleRates: meta?.verdict.findings.some(({ code }) => code === Code.ImpossibleThroughput) ?? false,
    shape: run?.shape ?? undefined,
  };
}

export function toChartOptions(options: Options, data: ChartData, view: ChartKind): ChartOptions {
  const { xScale, yScale, showInterval, showFit, showLimit, pointSize, loadRule, costUnit, yieldPer } = options;
  const first = data.series[0];
  return {
    ...{ view, xScale, yScale, showInterval, showFit, showLimit, pointSize, loadRule, costUnit, yieldPer },
    basis: options.tokenBasis,
    xTitle: data.xTitle,
    yTitle: data.yTitle,
    yMin: first?.min,
    yMax: first?.max,
  };
}

/** Formats the ticks of the drawn quantity in the user's unit; `undefined` if the chart formats them itself. */
export function toTicks(data: ChartData): Ticks {
  const display = data.series[0]?.display;
  return display && ((value) => formattedValueToString(display(value)));
}
