// Values as texts: formatted by the engine, or by Grafana if the user chose a unit.
import { formattedValueToString } from '@grafana/data';

import { type RunSeries } from './frames';
import { type Engine } from './wasm';

export const UNKNOWN = 'not measured';

export type Format = Engine['formatValue'];

/** The text of a value of the drawn quantity. */
export function valueText(series: RunSeries, value: number, format: Format): string {
  if (!Number.isFinite(value)) {
    return UNKNOWN;
  }
  return series.display ? formattedValueToString(series.display(value)) : format(value, series.unit);
}

/** The text of a value's interval; empty if neither end is known. */
export function intervalText(series: RunSeries, lo: number, hi: number, format: Format): string {
  const text = (value: number) => valueText(series, value, format);
  if (Number.isFinite(lo) && Number.isFinite(hi)) {
    return `${text(lo)} – ${text(hi)}`;
  }
  if (Number.isFinite(lo)) {
    return `at least ${text(lo)}`;
  }
  return Number.isFinite(hi) ? `at most ${text(hi)}` : '';
}
