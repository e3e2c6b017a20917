// Converts data frames to the columns that the WebAssembly draws. Accepts frames of this app's data source and plain
// frames of any other; docs/panel.md describes both.
import {
  type DataFrame,
  type DisplayValue,
  type Field,
  FieldType,
  getDisplayProcessor,
  getFieldDisplayName,
  getFieldSeriesColor,
  type GrafanaTheme2,
  type LinkModel,
} from '@grafana/data';
import { type HideableFieldConfig, type HideSeriesConfig } from '@grafana/schema';

import {
  Beside,
  type ChartLimit,
  type ChartProduction,
  type ChartSeries,
  Drawn,
  type Judged,
  type Limit,
  LimitUnit,
  LoadUnit,
  Read,
  TokenBasis,
} from '../generated/contract';
import { kindOf, runOf } from './meta';
import { type Production, productions } from './production';
import { isLatency, isMonotone, loadTitle, metricTitle } from './words';

/** One row per level, sorted by load; NaN means "not measured". */
export type Columns = Measured &
  Pick<
    ChartSeries,
    | 'load'
    | 'ok'
    | 'errored'
    | 'inFlight'
    | 'tokens'
    | 'tokensLo'
    | 'tokensHi'
    | 'requests'
    | 'requestsLo'
    | 'requestsHi'
  >;

/** The measured values of a quantity. */
export type Measured = Pick<ChartLimit, 'value' | 'lo' | 'hi' | 'count'>;

/** One run, or one field of a plain frame, drawn as a line. */
export interface RunSeries {
  name: string;
  /** The field's name for Grafana, if it can be hidden through the dashboard. */
  fieldName: string | undefined;
  color: string;
  /** Where a field override hides it. */
  hidden: Required<HideSeriesConfig>;
  columns: Columns;
  frame: DataFrame;
  /** The field that is drawn. */
  field: Field;
  /** The row of `frame` for each row of `columns`. */
  rows: number[];
  loadUnit: string;
  unit: string;
  /** Formats a value, if the user chose a unit or decimals. */
  display: ((value: number) => DisplayValue) | undefined;
  /** The quantity, without the unit. */
  title: string;
  monotone: boolean;
  /** Every limit of the service level. */
  limits: ChartLimit[];
  /** The index of the limit on the drawn quantity in `limits`. */
  drawn: number | undefined;
  meta: Judged | undefined;
  /** Live traffic, in the same quantity. */
  production: ChartProduction | undefined;
  min: number | undefined;
  max: number | undefined;
}

export interface ChartData {
  series: RunSeries[];
  xTitle: string;
  yTitle: string;
  /** Sentences about what could not be drawn and why. */
  problems: string[];
}

/** The columns with the tokens per second of a basis: in the steady part of the level, else over the whole level. */
const TOKEN_RATES: Record<TokenBasis, [steady: Read, whole: Read]> = {
  [TokenBasis.Output]: [Read.SteadyOutputRate, Read.OutputRate],
  [TokenBasis.Prompt]: [Read.SteadyPromptRate, Read.PromptRate],
  [TokenBasis.Total]: [Read.SteadyTotalRate, Read.TotalRate],
};

/** Names of the load column in plain frames; the most specific come first. */
const LOAD_NAMES: string[] = [Read.Load, Read.Concurrency, LoadUnit.Users, 'rate'];

/** Whether a column of a plain frame is the load, judging by its name. */
export function isLoadName(name: string): boolean {
  return LOAD_NAMES.includes(name.toLowerCase());
}

/** The data source's units and Grafana's names for them. Any other unit was chosen by the user. */
const NATIVE_UNITS: Record<string, string[]> = {
  [LimitUnit.Milliseconds]: [LimitUnit.Milliseconds],
  [LimitUnit.Share]: ['percentunit'],
  s: ['s'],
  [LoadUnit.RequestsPerSecond]: ['reqps', LoadUnit.RequestsPerSecond],
  'tok/s': ['tok/s', 'suffix: tok/s', 'suffix:tok/s'],
};

export interface Choices {
  /** A bound that replaces the service level's bound on the drawn quantity. */
  limitOverride?: number;
  /** Which tokens count. */
  basis?: TokenBasis;
  /** Whether to draw live traffic; true by default. */
  production?: boolean;
  /** The unit that the user chose for all fields of the panel. */
  unit?: string;
}

/** The lines to draw. */
export function chartData(frames: DataFrame[], theme: GrafanaTheme2, choices: Choices = {}): ChartData {
  const problems: string[] = [];
  const series = frames.flatMap((frame) => {
    switch (kindOf(frame)) {
      case undefined:
        return plainSeries(frame, frames, problems);
      case Drawn.Levels:
        return levelSeries(frame, frames, choices.basis ?? TokenBasis.Output, problems);
      default:
        return [];
    }
  });
  if (choices.production !== false) {
    addProduction(series, productions(frames), frames, problems);
  }
  series.forEach((one, index) => {
    one.color = colorOf(one, index, theme);
    one.display = displayInUnit(one, choices.unit, theme) ?? one.display;
    if (choices.limitOverride !== undefined && one.monotone) {
      one.limits = [overridden(one, choices.limitOverride)];
      one.drawn = 0;
    }
  });
  return oneUnit(unique(series), problems);
}

/** A `levels` frame of the data source. */
function levelSeries(frame: DataFrame, frames: DataFrame[], basis: TokenBasis, problems: string[]): RunSeries[] {
  const meta = runOf(frame);
  const load = numberField(frame, Read.Load);
  const value = numberField(frame, Read.Value);
  if (!meta || !load || !value) {
    problems.push(`The frame ${nameOf(frame)} lacks the columns load and value or the description of its run.`);
    return [];
  }
  const own = value.config.displayName ?? value.config.displayNameFromDS;
  const rows = ascending(load);
  const column = (name: string) => columnOf(numberField(frame, name), rows);
  const columns: Columns = {
    load: columnOf(load, rows),
    value: columnOf(value, rows),
    lo: column(Read.ValueLo),
    hi: column(Read.ValueHi),
    count: columnOf(numberField(frame, Read.ValueCount) ?? numberField(frame, Read.Ok), rows),
    ok: column(Read.Ok),
    errored: column(Read.Errored),
    inFlight: column(Read.Concurrency),
    ...rates(frame, rows, TOKEN_RATES[basis], [Read.SteadyRequestRate, Read.RequestRate]),
  };
  const measured = ({ id }: Limit): Measured => ({
    value: column(id),
    lo: column(id + Beside.Low),
    hi: column(id + Beside.High),
    // A share has a count of its own, because it is not computed from successful requests only.
    count: frame.fields.some(({ name }) => name === id + Beside.Count) ? column(id + Beside.Count) : columns.ok,
  });
  const between = ({ id }: Limit): Between => ({
    atLeast: column(id + Beside.AtLeast),
    atMost: column(id + Beside.AtMost),
  });
  const drawn = drawnLimit(meta.slo.limits, meta);
  return [
    {
      name: own === undefined ? meta.run.label : getFieldDisplayName(value, frame, frames),
      fieldName: own === undefined ? undefined : getFieldDisplayName(value, frame, frames),
      color: '',
      hidden: hiddenFrom(value),
      columns,
      frame,
      field: value,
      rows,
      loadUnit: meta.run.load_unit,
      unit: meta.unit,
      display: ownDisplay(value, meta.unit),
      title: metricTitle(meta.metric, meta.statistic),
      monotone: isMonotone(meta.metric),
      limits: meta.slo.limits.map((limit, at) => ({
        ...judgedLimit(limit, at === drawn ? columns : measured(limit), meta),
        ...between(limit),
      })),
      drawn,
      meta,
      production: undefined,
      min: value.config.min ?? undefined,
      max: value.config.max ?? undefined,
    },
  ];
}

/** Rates with their intervals. A frame without steady rates gives those of whole levels, without an interval. */
function rates(frame: DataFrame, rows: number[], tokens: [Read, Read], requests: [Read, Read]) {
  const part = (name: string) => numberField(frame, name);
  const value = ([steady, whole]: [Read, Read]) => columnOf(part(steady) ?? part(whole), rows);
  const end = ([steady]: [Read, Read], suffix: string) => columnOf(part(`${steady}_${suffix}`), rows);
  return {
    ...{ tokens: value(tokens), tokensLo: end(tokens, 'lo'), tokensHi: end(tokens, 'hi') },
    ...{ requests: value(requests), requestsLo: end(requests, 'lo'), requestsHi: end(requests, 'hi') },
  };
}

/** The index of the limit on the drawn quantity. */
function drawnLimit(limits: Limit[], { metric, statistic }: Pick<Production, 'metric' | 'statistic'>) {
  const at = limits.findIndex((limit) => limit.subject === metric && limit.statistic === statistic);
  return at < 0 ? undefined : at;
}

/** Why deployments have no load now, each reason once, because many deployments may share the same one. */
function absences(all: Production[]): string[] {
  const reasons = [...new Set(all.map(({ absence }) => absence))].filter((absence) => absence !== '');
  return reasons.map((absence) => {
    const away = all.filter((one) => one.absence === absence).map(({ deployment }) => deployment);
    return `${[...new Set(away)].join(', ')}: ${absence}`;
  });
}

/** Adds live traffic to its run, or as a series of its own if that run is not among the series. */
function addProduction(series: RunSeries[], all: Production[], frames: DataFrame[], problems: string[]): void {
  problems.push(...absences(all));
  for (const production of all) {
    const title = metricTitle(production.metric, production.statistic);
    const same = series.filter(({ meta }) => meta !== undefined && meta.run.id === production.run?.id);
    const isDrawn = (one: RunSeries) => one.title === title && one.unit === production.unit;
    // A run may be drawn in several quantities; take the series that has this one.
    const own = same.find(isDrawn) ?? same[0];
    if (own && !isDrawn(own)) {
      problems.push(`Production of ${production.deployment} is ${title} and not drawn over ${own.title}.`);
    } else if (own) {
      own.production = production.chart;
    } else {
      series.push(aloneInProduction(production, title, frames));
    }
  }
}

/** A deployment whose benchmark is not among the frames. */
function aloneInProduction(production: Production, title: string, frames: DataFrame[]): RunSeries {
  const { field, frame } = production;
  const limits = production.slo?.limits ?? [];
  const none = () => new Float64Array();
  const columns: Columns = {
    ...{ load: none(), value: none(), lo: none(), hi: none(), count: none(), ok: none(), errored: none() },
    ...{ inFlight: none(), tokens: none(), tokensLo: none(), tokensHi: none() },
    ...{ requests: none(), requestsLo: none(), requestsHi: none() },
  };
  return {
    name: getFieldDisplayName(field, frame, frames),
    fieldName: getFieldDisplayName(field, frame, frames),
    color: '',
    hidden: hiddenFrom(field),
    columns,
    frame,
    field,
    rows: [],
    loadUnit: production.load_unit,
    unit: production.unit,
    display: ownDisplay(field, production.unit),
    title,
    monotone: isMonotone(production.metric),
    limits: limits.map((limit) => judgedLimit(limit, columns, undefined)),
    drawn: drawnLimit(limits, production),
    meta: undefined,
    production: production.chart,
    min: field.config.min ?? undefined,
    max: field.config.max ?? undefined,
  };
}

/** A frame of any other data source: one series per number field, except the load. */
function plainSeries(frame: DataFrame, frames: DataFrame[], problems: string[]): RunSeries[] {
  const numbers = frame.fields.filter((field) => field.type === FieldType.number);
  const named = (name: string) => numbers.find((field) => field.name.toLowerCase() === name);
  const load = LOAD_NAMES.map(named).find((field) => field !== undefined) ?? numbers[0];
  if (!load || numbers.length < 2) {
    problems.push(`The frame ${nameOf(frame)} needs two number fields, a load and a value; it has ${numbers.length}.`);
    return [];
  }
  const rows = ascending(load);
  const names = new Set(numbers.map((field) => field.name));
  // value_lo, value_hi and value_count belong to the field value.
  const isPartOf = (name: string) => /^(.+)_(lo|hi|count)$/.exec(name)?.[1];
  return numbers
    .filter((field) => field !== load && !names.has(isPartOf(field.name) ?? '') && field.name !== 'count')
    .map((field) => {
      const part = (suffix: string) => numbers.find((other) => other.name === `${field.name}_${suffix}`);
      const fieldName = getFieldDisplayName(field, frame, frames);
      return {
        name: fieldName,
        fieldName,
        color: '',
        hidden: hiddenFrom(field),
        columns: {
          load: columnOf(load, rows),
          value: columnOf(field, rows),
          lo: columnOf(part('lo'), rows),
          hi: columnOf(part('hi'), rows),
          count: columnOf(part('count') ?? named('count'), rows),
          ok: columnOf(undefined, rows),
          errored: columnOf(undefined, rows),
          inFlight: columnOf(undefined, rows),
          tokens: columnOf(undefined, rows),
          tokensLo: columnOf(undefined, rows),
          tokensHi: columnOf(undefined, rows),
          requests: columnOf(undefined, rows),
          requestsLo: columnOf(undefined, rows),
          requestsHi: columnOf(undefined, rows),
        },
        frame,
        field,
        rows,
        loadUnit: load.config.unit ?? '',
        unit: field.config.unit ?? '',
        display: ownDisplay(field, ''),
        title: field.config.displayName ?? field.name,
        monotone: true,
        limits: [],
        drawn: undefined,
        meta: undefined,
        production: undefined,
        min: field.config.min ?? undefined,
        max: field.config.max ?? undefined,
      };
    });
}

/** The range that the neighbouring percentiles leave for a limit's own percentile; NaN if they do not limit it. */
type Between = Pick<ChartLimit, 'atLeast' | 'atMost'>;

function nothingBetween({ value }: Measured): Between {
  return { atLeast: new Float64Array(value.length).fill(NaN), atMost: new Float64Array(value.length).fill(NaN) };
}

/** A limit with its measured values and the verdict on exactly this limit. */
function judgedLimit(limit: Limit, columns: Measured, meta: Judged | undefined): ChartLimit {
  const { value, lo, hi, count } = columns;
  const judged = meta?.verdict.limits.find(({ id }) => id === limit.id);
  const verdict = judged && { state: judged.state, lo: judged.interval[0], hi: judged.interval[1] };
  return {
    ...{ value, lo, hi, count, verdict },
    ...nothingBetween(columns),
    bound: limit.bound,
    label: limit.label,
    subject: metricTitle(limit.subject, limit.statistic),
    unit: limit.unit,
    latency: isLatency(limit.subject),
  };
}

/** A limit with this bound on the drawn quantity. */
function overridden(series: RunSeries, bound: number): ChartLimit {
  const { value, lo, hi, count } = series.columns;
  // The range from the other percentiles does not depend on the bound.
  const own = series.drawn === undefined ? undefined : series.limits[series.drawn];
  const { atLeast, atMost } = own ?? nothingBetween(series.columns);
  return {
    ...{ value, lo, hi, count, bound, atLeast, atMost },
    label: overrideLabel(series, bound),
    subject: series.title,
    unit: series.unit,
    latency: series.meta !== undefined && isLatency(series.meta.metric),
  };
}

function overrideLabel(series: RunSeries, bound: number): string {
  const unit = series.display ? '' : ` ${series.unit}`;
  const shown = series.display?.(bound);
  const text = shown ? [shown.prefix, shown.text, shown.suffix].join('') : bound.toLocaleString('en-US');
  return `${series.title} ≤ ${text}${unit}`.trim();
}

/**
 * One axis must not mix two load units or two quantities: series that differ from the first are left out and reported.
 */
function oneUnit(series: RunSeries[], problems: string[]): ChartData {
  const first = series[0];
  if (!first) {
    return { series, xTitle: '', yTitle: '', problems };
  }
  const fits = (one: RunSeries) => one.loadUnit === first.loadUnit && one.unit === first.unit;
  const left = series.filter((one) => !fits(one));
  if (left.length > 0) {
    const units = (one: RunSeries) => `${one.unit || 'a plain number'} over ${one.loadUnit || 'a plain load'}`;
    const names = left.map((one) => `${one.name} (${units(one)})`).join(', ');
    problems.push(`Not drawn, because the axes are ${units(first)}: ${names}.`);
  }
  const drawn = series.filter(fits);
  const titles = new Set(drawn.map(({ title }) => title));
  const title = titles.size === 1 ? first.title : 'Value';
  const unit = first.display ? '' : first.unit;
  return { series: drawn, xTitle: loadTitle(first.loadUnit), yTitle: unit ? `${title} (${unit})` : title, problems };
}

/** Series with equal names (one run in two quantities) get the quantity appended. */
function unique(series: RunSeries[]): RunSeries[] {
  const counts = new Map<string, number>();
  for (const { name } of series) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return series.map((one) => ((counts.get(one.name) ?? 0) > 1 ? { ...one, name: `${one.name} ${one.title}` } : one));
}

/** Grafana numbers palette colours by all number fields; here each series takes the next colour. */
function colorOf(series: RunSeries, index: number, theme: GrafanaTheme2): string {
  const { field } = series;
  return getFieldSeriesColor({ ...field, state: { ...field.state, seriesIndex: index } }, theme).color;
}

function ownDisplay(field: Field, unit: string): RunSeries['display'] {
  return isNative(field.config.unit, unit) && field.config.decimals == null ? undefined : field.display;
}

/** For a unit that the user chose for all fields: Grafana keeps the data source's unit, but here the user's is used. */
function displayInUnit({ field, unit, meta, production }: RunSeries, chosen: string | undefined, theme: GrafanaTheme2) {
  const isOurs = meta !== undefined || production !== undefined;
  if (!isOurs || isNative(chosen, unit) || !isNative(field.config.unit, unit)) {
    return undefined;
  }
  return getDisplayProcessor({ field: { ...field, config: { ...field.config, unit: chosen } }, theme });
}

/** Whether a unit is the data source's own instead of one that the user chose. */
function isNative(chosen: string | undefined, unit: string): boolean {
  return chosen === undefined || chosen === '' || chosen === unit || (NATIVE_UNITS[unit] ?? []).includes(chosen);
}

function hiddenFrom(field: Field): RunSeries['hidden'] {
  const custom = field.config.custom as HideableFieldConfig | undefined;
  return { viz: false, legend: false, tooltip: false, ...custom?.hideFrom };
}

function numberField(frame: DataFrame, name: string): Field | undefined {
  return frame.fields.find((field) => field.name === name && field.type === FieldType.number);
}

/** The value of a number field in this row of the frame; `undefined` if it was not measured. */
export function numberAt(frame: DataFrame, name: string, row: number): number | undefined {
  const value: unknown = numberField(frame, name)?.values[row];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** The data links of these fields in this row of the frame; links with the same title are listed once. */
export function linksOf(fields: Field[], row: number | undefined): LinkModel<Field>[] {
  if (row === undefined || row < 0) {
    return [];
  }
  const links = fields.flatMap((field) => field.getLinks?.({ valueRowIndex: row }) ?? []);
  return links.filter(({ title }, at) => links.findIndex((other) => other.title === title) === at);
}

/** The rows that have a load, sorted by load. */
function ascending(load: Field): number[] {
  const values = load.values as unknown[];
  const known = values.flatMap((value, row) =>
    typeof value === 'number' && Number.isFinite(value) ? [{ value, row }] : [],
  );
  return known.sort((a, b) => a.value - b.value).map(({ row }) => row);
}

function columnOf(field: Field | undefined, rows: number[]): Float64Array {
  const values = (field?.values ?? []) as unknown[];
  return Float64Array.from(rows, (row) => {
    const value = values[row];
    return typeof value === 'number' ? value : NaN;
  });
}

function nameOf(frame: DataFrame): string {
  return frame.name ?? frame.refId ?? 'without a name';
}
