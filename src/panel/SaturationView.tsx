// A quantity over load: the chart with its legend and tooltip.
import { css } from '@emotion/css';
import { formattedValueToString, type GrafanaTheme2 } from '@grafana/data';
import { TooltipDisplayMode } from '@grafana/schema';
import { SeriesVisibilityChangeMode, usePanelContext, useStyles2, useTheme2, VizLayout } from '@grafana/ui';
import { type ReactElement, useCallback, useMemo, useState } from 'react';

import { type Chart as Plot, type ChartOptions, type ChartSeries } from '../../panel/pkg/headroom_panel';
import { Chart, type Selection } from './Chart';
import { type ChartData, type RunSeries } from './frames';
import { Legend } from './Legend';
import { type Options } from './options';
import { PointsTable } from './PointsTable';
import { Tooltip } from './Tooltip';
import { valueText } from './values';
import { type Engine } from './wasm';

interface Props {
  engine: Engine;
  data: ChartData;
  options: Options;
  width: number;
  height: number;
  onError: (error: unknown) => void;
}

/** What the engine says about a series after drawing. */
interface Answer {
  answer: string;
  detail: string;
}

export function SaturationView({ engine, data, options, width, height, onError }: Props): ReactElement {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  const [answers, setAnswers] = useState<Answer[]>([]);
  const [emphasis, setEmphasis] = useState<number>();
  const [selection, setSelection] = useState<Selection>();
  const { isShown, toggle } = useVisibility(data.series);

  const series = useMemo(
    () => data.series.map((one): ChartSeries => toChartSeries(one, isShown(one))),
    [data.series, isShown],
  );
  const chartOptions = useMemo(() => toChartOptions(options, data), [options, data]);

  const onDrawn = useCallback(
    (drawn: Plot) => {
      const found = data.series.map((_, index) => ({
        answer: drawn.answer(index) ?? '',
        detail: drawn.detail(index) ?? '',
      }));
      setAnswers((known) => (JSON.stringify(known) === JSON.stringify(found) ? known : found));
    },
    [data.series],
  );

  const items = data.series.map((one, index) => ({
    name: one.name,
    sign: { shape: engine.shapeOf(index), dash: engine.dashOf(index), color: one.color },
    shown: isShown(one),
    answer: options.showLimit ? (answers[index]?.answer ?? '') : '',
  }));
  const shown = data.series.filter(isShown);
  const found = selection?.found;
  const pointed = found && data.series[found.series];

  // VizLayout puts every legend below on a narrow page.
  const beside = options.legend.placement === 'right' && document.body.clientWidth >= theme.breakpoints.values.lg;
  const legend = options.legend.showLegend ? (
    <VizLayout.Legend placement={options.legend.placement} maxHeight="35%" maxWidth="40%">
      <Legend items={items} vertical={beside} onToggle={toggle} onPoint={setEmphasis} />
    </VizLayout.Legend>
  ) : null;

  return (
    <>
      <VizLayout width={width} height={height} legend={legend}>
        {(innerWidth, innerHeight) => (
          <Chart
            engine={engine}
            series={series}
            options={chartOptions}
            width={innerWidth}
            height={innerHeight}
            summary={summaryOf(data, shown, answers)}
            emphasis={emphasis}
            selection={selection}
            onSelect={setSelection}
            onDrawn={onDrawn}
            onError={onError}
          />
        )}
      </VizLayout>
      <div className={styles.unseen}>
        <div role="status">{found && pointed ? spoken(pointed, found.row, engine) : ''}</div>
        <PointsTable series={shown} format={engine.formatValue} />
      </div>
      {found && pointed && options.tooltip.mode !== TooltipDisplayMode.None && (
        <Tooltip
          series={pointed}
          row={found.row}
          sign={{ shape: engine.shapeOf(found.series), dash: engine.dashOf(found.series), color: pointed.color }}
          fitted={found.fitted}
          format={engine.formatValue}
          pinned={selection.pinned}
          position={found.position}
          onClose={() => {
            setSelection(undefined);
          }}
        />
      )}
    </>
  );
}

function toChartSeries(series: RunSeries, visible: boolean): ChartSeries {
  const { name, color, columns, loadUnit, monotone, limits, drawn, meta } = series;
  const run = meta?.run;
  return {
    ...{ name, color, visible, loadUnit, monotone, limits, drawn },
    ...columns,
    price: run?.price_per_hour ?? NaN,
    priceSource: run?.price_source ?? '',
    gpus: run?.gpus ?? NaN,
    promptTokens: run?.prompt_tokens ?? NaN,
    outputTokens: run?.output_tokens ?? NaN,
  };
}

function toChartOptions(options: Options, data: ChartData): ChartOptions {
  const { xScale, yScale, showInterval, showFit, showLimit, pointSize, costUnit, yieldPer } = options;
  const first = data.series[0];
  const display = first?.display;
  return {
    ...{ xScale, yScale, showInterval, showFit, showLimit, pointSize, costUnit, yieldPer },
    view: 'saturation',
    basis: options.tokenBasis,
    loadRule: options.loadRule,
    xTitle: data.xTitle,
    yTitle: data.yTitle,
    yMin: first?.min,
    yMax: first?.max,
    formatTick: display && ((value) => formattedValueToString(display(value))),
  };
}

/**
 * Which runs are shown. The dashboard remembers it where Grafana knows the fields by name; elsewhere the panel does
 * until it is loaded again.
 */
function useVisibility(series: RunSeries[]) {
  const { onToggleSeriesVisibility } = usePanelContext();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const isShown = useCallback((one: RunSeries) => one.shown && !hidden.has(one.name), [hidden]);
  const toggle = (index: number, alone: boolean) => {
    const one = series[index];
    if (!one) {
      return;
    }
    if (onToggleSeriesVisibility && one.fieldName !== undefined) {
      const mode = alone ? SeriesVisibilityChangeMode.ToggleSelection : SeriesVisibilityChangeMode.AppendToSelection;
      onToggleSeriesVisibility(one.fieldName, mode);
      return;
    }
    const others = series.filter(({ name }) => name !== one.name).map(({ name }) => name);
    setHidden((before) => {
      if (!alone) {
        const after = new Set(before);
        return after.delete(one.name) ? after : after.add(one.name);
      }
      const isAlone = !before.has(one.name) && others.every((name) => before.has(name));
      return new Set(isAlone ? [] : others);
    });
  };
  return { isShown, toggle };
}

/** The chart in a sentence or two. */
function summaryOf(data: ChartData, shown: RunSeries[], answers: Answer[]): string {
  const runs = shown.map((one) => {
    const { answer = '', detail = '' } = answers[data.series.indexOf(one)] ?? {};
    const breaks = answer === '' ? '' : `, breaking load ${answer}${detail === '' ? '' : ` (${detail})`}`;
    return `${one.name}: ${one.rows.length} levels${breaks}`;
  });
  return `${data.yTitle} over ${data.xTitle}. ${runs.join('; ')}. Arrow keys move between points, Enter pins, Escape releases.`;
}

function spoken(series: RunSeries, row: number, engine: Engine): string {
  const { load, value } = series.columns;
  const at = engine.formatValue(load[row] ?? NaN, series.loadUnit);
  return `${series.name}, ${at}: ${series.title} ${valueText(series, value[row] ?? NaN, engine.formatValue)}`;
}

const getStyles = (_theme: GrafanaTheme2) => ({
  unseen: css({
    position: 'absolute',
    width: 1,
    height: 1,
    overflow: 'hidden',
    clipPath: 'inset(50%)',
    whiteSpace: 'nowrap',
  }),
});
