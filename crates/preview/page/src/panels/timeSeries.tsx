import {
  type DataFrame,
  dateTimeFormat,
  FieldType,
  formattedValueToString,
  getDisplayProcessor,
  getFieldDisplayName,
  PanelPlugin,
  type PanelProps,
} from '@grafana/data';
import { config } from '@grafana/runtime';
import {
  AxisColorMode,
  AxisPlacement,
  BarAlignment,
  GraphDrawStyle,
  type GraphFieldConfig,
  GraphGradientMode,
  GraphThresholdsStyleMode,
  LineInterpolation,
  ScaleDistribution,
  StackingMode,
  VisibilityMode,
} from '@grafana/schema';
import {
  LegendDisplayMode,
  SeriesTable,
  TimeSeries,
  TooltipDisplayMode,
  TooltipPlugin2,
  usePanelContext,
  type VizLegendOptions,
} from '@grafana/ui';

import { NoData } from './noData';

interface TimeSeriesOptions {
  legend?: VizLegendOptions;
  tooltip?: { mode?: TooltipDisplayMode };
}

const DEFAULT_LEGEND: VizLegendOptions = {
  showLegend: true,
  // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- the packages name one enum twice
  displayMode: LegendDisplayMode.List,
  placement: 'bottom',
  calcs: [],
};

/** `TooltipHoverMode` of TooltipPlugin2, a const enum that does not leave its package. */
const HOVER_ONE = 0;
const HOVER_ALL = 1;

function tooltip(
  frame: DataFrame,
  indexes: Array<number | null>,
  hovered: number | null,
  all: boolean,
  timeZone: string,
) {
  const time = frame.fields[0];
  const row = indexes.find((index) => index !== null);
  if (!time || row == null) {
    return null;
  }
  const series = frame.fields.flatMap((field, index) => {
    const at = indexes[index];
    const { hideFrom } = (field.config.custom ?? {}) as GraphFieldConfig;
    const hidden = hideFrom?.tooltip === true || hideFrom?.viz === true;
    if (field === time || field.type !== FieldType.number || hidden || (!all && index !== hovered) || at == null) {
      return [];
    }
    const display = field.display ?? getDisplayProcessor({ field, theme: config.theme2 });
    const value = display(field.values[at]);
    return [
      {
        color: value.color ?? '',
        label: getFieldDisplayName(field, frame),
        value: formattedValueToString(value),
        isActive: index === hovered,
      },
    ];
  });
  return <SeriesTable timestamp={dateTimeFormat(time.values[row] as number, { timeZone })} series={series} />;
}

function TimeSeriesPanel(props: PanelProps<TimeSeriesOptions>) {
  const { data, options, width, height, timeRange, timeZone, fieldConfig, id, onChangeTimeRange } = props;
  const { sync } = usePanelContext();
  const frames = data.series.filter(
    (frame) =>
      frame.fields.some((field) => field.type === FieldType.time) &&
      frame.fields.some((field) => field.type === FieldType.number),
  );
  if (frames.length === 0) {
    return <NoData panelId={id} fieldConfig={fieldConfig} data={data} needsTimeField needsNumberField />;
  }
  const mode = options.tooltip?.mode ?? TooltipDisplayMode.Single;
  const all = mode === TooltipDisplayMode.Multi;
  return (
    <TimeSeries
      frames={frames}
      structureRev={data.structureRev}
      timeRange={timeRange}
      timeZone={timeZone}
      width={width}
      height={height}
      legend={{ ...DEFAULT_LEGEND, ...options.legend }}
      options={options}
    >
      {(builder, frame) =>
        mode === TooltipDisplayMode.None ? null : (
          <TooltipPlugin2
            config={builder}
            // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- const enum that its package keeps
            hoverMode={all ? HOVER_ALL : HOVER_ONE}
            queryZoom={onChangeTimeRange}
            clientZoom
            // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- the packages name one enum twice
            syncMode={sync?.()}
            render={(_plot, indexes, hovered) => tooltip(frame, indexes, hovered, all, timeZone)}
          />
        )
      }
    </TimeSeries>
  );
}

/** The custom field options that the plot reads. Editors are left out: there is no panel edit in the preview. */
const customOptions: Record<string, unknown> = {
  drawStyle: GraphDrawStyle.Line,
  lineInterpolation: LineInterpolation.Linear,
  lineWidth: 1,
  fillOpacity: 0,
  gradientMode: GraphGradientMode.None,
  showPoints: VisibilityMode.Auto,
  pointSize: 5,
  barAlignment: BarAlignment.Center,
  barWidthFactor: 0.6,
  lineStyle: { fill: 'solid' },
  spanNulls: false,
  insertNulls: false,
  axisPlacement: AxisPlacement.Auto,
  axisLabel: '',
  axisColorMode: AxisColorMode.Text,
  axisBorderShow: false,
  axisCenteredZero: false,
  axisWidth: undefined,
  axisSoftMin: undefined,
  axisSoftMax: undefined,
  axisGridShow: undefined,
  lineColor: undefined,
  fillColor: undefined,
  fillBelowTo: undefined,
  transform: undefined,
  scaleDistribution: { type: ScaleDistribution.Linear },
  stacking: { mode: StackingMode.None, group: 'A' },
  thresholdsStyle: { mode: GraphThresholdsStyleMode.Off },
  hideFrom: { viz: false, legend: false, tooltip: false },
};

export const timeSeriesPanel = new PanelPlugin<TimeSeriesOptions>(TimeSeriesPanel).useFieldConfig({
  useCustomConfig: (builder) => {
    for (const [path, defaultValue] of Object.entries(customOptions)) {
      builder.addCustomEditor({
        id: path,
        path,
        name: path,
        defaultValue,
        editor: () => null,
        override: () => null,
        process: (value: unknown) => value,
        shouldApply: () => true,
      });
    }
  },
});
