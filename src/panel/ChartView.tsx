// A chart with its legend and tooltip.
import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { TooltipDisplayMode } from '@grafana/schema';
import { SeriesVisibilityChangeMode, usePanelContext, useStyles2, useTheme2, VizLayout } from '@grafana/ui';
import { type ReactElement, useCallback, useMemo, useState } from 'react';

import { type ChartSeries, type DrawnChart } from '../generated/contract';
import { Chart, type Found, type Selection } from './Chart';
import { type ChartKind, toChartOptions, toChartSeries, toTicks } from './chartSeries';
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
  view: ChartKind;
  /** The bound that replaces the one of the drawn limit. */
  bound?: number;
  width: number;
  height: number;
  onError: (error: unknown) => void;
}

export function ChartView({ engine, data, options, view, bound, width, height, onError }: Props): ReactElement {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  const [drawn, setDrawn] = useState<DrawnChart>({ xTitle: '', yTitle: '', heading: '', answers: [] });
  const [emphasis, setEmphasis] = useState<number>();
  const [selection, setSelection] = useState<Selection>();
  const { isShown, toggle } = useVisibility(data.series);

  const series = useMemo(
    () => data.series.map((one): ChartSeries => toChartSeries(one, isShown(one))),
    [data.series, isShown],
  );
  const chartOptions = useMemo(() => toChartOptions(options, data, view), [options, data, view]);

  const ticks = useMemo(() => toTicks(data), [data]);
  const onDrawn = useCallback((found: DrawnChart) => {
    setDrawn((known) => (JSON.stringify(known) === JSON.stringify(found) ? known : found));
  }, []);

  const all = data.series.map((one, index) => ({
    index,
    name: one.name,
    sign: { outline: engine.outlineOf(index), dash: engine.dashOf(index), color: one.color },
    shown: isShown(one),
    answer: drawn.answers[index]?.legend ?? '',
  }));
  const items = all.filter(({ index }) => data.series[index]?.hidden.legend !== true);
  const shown = data.series.filter(isShown);
  const found = selection?.found;
  const pointed = found && data.series[found.series];

  // On a narrow page VizLayout puts every legend below the chart.
  const beside = options.legend.placement === 'right' && document.body.clientWidth >= theme.breakpoints.values.lg;
  // No empty legend: VizLayout would never measure it, and the chart waits for the measurement.
  const legend =
    options.legend.showLegend && items.length > 0 ? (
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
            ticks={ticks}
            bound={bound}
            width={innerWidth}
            height={innerHeight}
            summary={summaryOf(data, shown, drawn)}
            emphasis={emphasis}
            selection={selection}
            onSelect={setSelection}
            onDrawn={onDrawn}
            onError={onError}
          />
        )}
      </VizLayout>
      <div className={styles.unseen}>
        <div role="status">{found && pointed ? spoken(pointed, found, engine) : ''}</div>
        <PointsTable series={shown} format={engine.formatValue} />
      </div>
      {found && pointed && !pointed.hidden.tooltip && options.tooltip.mode !== TooltipDisplayMode.None && (
        <Tooltip
          series={pointed}
          found={found}
          heading={drawn.heading}
          sign={{ outline: engine.outlineOf(found.series), dash: engine.dashOf(found.series), color: pointed.color }}
          format={engine.formatValue}
          pinned={selection.pinned}
          onClose={() => {
            setSelection(undefined);
          }}
        />
      )}
    </>
  );
}

/**
 * Which runs are shown. The dashboard saves it if Grafana knows the fields by name; otherwise the panel keeps it until
 * it is loaded again.
 */
function useVisibility(series: RunSeries[]) {
  const { onToggleSeriesVisibility } = usePanelContext();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const isShown = useCallback((one: RunSeries) => !one.hidden.viz && !hidden.has(one.name), [hidden]);
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

/** The chart in one or two sentences. */
function summaryOf(data: ChartData, shown: RunSeries[], drawn: DrawnChart): string {
  const runs = shown.map((one) => {
    const { answer = '', detail = '', headroom = '' } = drawn.answers[data.series.indexOf(one)] ?? {};
    const breaks = answer === '' ? '' : `, breaking load ${answer}${detail === '' ? '' : ` (${detail})`}`;
    const left = headroom === '' ? '' : `, production has ${headroom}`;
    return `${one.name}: ${one.rows.length} levels${breaks}${left}`;
  });
  const what = drawn.heading === '' ? 'points' : 'limits';
  return `${drawn.yTitle} over ${drawn.xTitle}. ${runs.join('; ')}. Arrow keys move between ${what}, Enter pins, Escape releases.`;
}

function spoken(series: RunSeries, found: Found, engine: Engine): string {
  if (found.facts.length > 0) {
    return [series.name, ...found.facts.map(({ name, value }) => `${name}: ${value}`)].join(', ');
  }
  const { load, value } = series.columns;
  const at = engine.formatValue(load[found.row] ?? NaN, series.loadUnit);
  return `${series.name}, ${at}: ${series.title} ${valueText(series, value[found.row] ?? NaN, engine.formatValue)}`;
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
