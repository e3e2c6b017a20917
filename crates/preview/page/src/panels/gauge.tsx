/** A half-round gauge: the value's arc over the track, and the thresholds as a thin outer band. */

import { css } from '@emotion/css';
import {
  type FieldConfig,
  type FieldDisplay,
  formattedValueToString,
  getFieldConfigWithMinMax,
  type GrafanaTheme2,
  PanelPlugin,
  type PanelProps,
  ThresholdsMode,
  VizOrientation,
} from '@grafana/data';
import { useStyles2, useTheme2, VizRepeater } from '@grafana/ui';

import { displayValues, type SingleValueOptions } from './values';

interface GaugeOptions extends SingleValueOptions {
  showThresholdMarkers?: boolean;
}

/** Degrees; the gauge opens downwards. */
const START = -120;
const SWEEP = 240;

function point(cx: number, cy: number, radius: number, degrees: number): string {
  const radians = ((degrees - 90) * Math.PI) / 180;
  return `${(cx + radius * Math.cos(radians)).toFixed(2)} ${(cy + radius * Math.sin(radians)).toFixed(2)}`;
}

/** The arc between two fractions of the sweep. */
function arc(cx: number, cy: number, radius: number, from: number, to: number): string {
  const [a, b] = [START + SWEEP * from, START + SWEEP * to];
  return `M ${point(cx, cy, radius, a)} A ${radius} ${radius} 0 ${b - a > 180 ? 1 : 0} 1 ${point(cx, cy, radius, b)}`;
}

function thresholdBands(
  field: FieldConfig,
  min: number,
  max: number,
): Array<{ from: number; to: number; color: string }> {
  const steps = field.thresholds?.steps ?? [];
  const percent = field.thresholds?.mode === ThresholdsMode.Percentage;
  const fraction = (value: number) => {
    const share = percent ? value / 100 : (value - min) / (max - min);
    return Math.min(1, Math.max(0, share));
  };
  return steps.flatMap((step, index) => {
    const from = index === 0 ? 0 : fraction(step.value);
    const next = steps[index + 1];
    const to = next ? fraction(next.value) : 1;
    return to > from ? [{ from, to, color: step.color }] : [];
  });
}

function Gauge({
  value,
  width,
  height,
  markers,
}: {
  value: FieldDisplay;
  width: number;
  height: number;
  markers: boolean;
}) {
  const theme = useTheme2();
  const styles = useStyles2(getStyles);
  const { display, view, colIndex } = value;
  const source = view && colIndex !== undefined ? view.dataFrame.fields[colIndex] : undefined;
  const field = source ? getFieldConfigWithMinMax(source, false) : value.field;
  const min = field.min ?? 0;
  const max = field.max ?? 100;
  const titleHeight = display.title ? 22 : 0;
  const radius = Math.max(10, Math.min(width / 2.3, (height - titleHeight) / 1.75));
  const cx = width / 2;
  const cy = radius * 1.08;
  const thickness = radius * 0.2;
  const share = Number.isFinite(display.numeric) ? Math.min(1, Math.max(0, (display.numeric - min) / (max - min))) : 0;
  const text = formattedValueToString(display);
  const fontSize = Math.min(radius * 0.45, (radius * 2.1) / Math.max(4, text.length));
  return (
    <div style={{ width, height }}>
      <svg width={width} height={height - titleHeight} role="img" aria-label={`${display.title ?? ''} ${text}`.trim()}>
        <path
          d={arc(cx, cy, radius * 0.82, 0, 1)}
          stroke={theme.colors.background.secondary}
          strokeWidth={thickness}
          fill="none"
        />
        {share > 0 && (
          <path d={arc(cx, cy, radius * 0.82, 0, share)} stroke={display.color} strokeWidth={thickness} fill="none" />
        )}
        {markers &&
          thresholdBands(field, min, max).map((band) => (
            <path
              key={band.from}
              d={arc(cx, cy, radius * 0.98, band.from, band.to)}
              stroke={theme.visualization.getColorByName(band.color)}
              strokeWidth={radius * 0.05}
              fill="none"
            />
          ))}
        <text
          x={cx}
          y={cy + fontSize * 0.2}
          textAnchor="middle"
          fontSize={fontSize}
          fontWeight={500}
          fill={display.color}
        >
          {text}
        </text>
      </svg>
      {display.title && (
        <div className={styles.title} title={display.title}>
          {display.title}
        </div>
      )}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  title: css({
    fontWeight: theme.typography.fontWeightMedium,
    overflow: 'hidden',
    textAlign: 'center',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
  }),
});

function GaugePanel(props: PanelProps<GaugeOptions>) {
  const { options, width, height, data, renderCounter } = props;
  return (
    <VizRepeater
      getValues={() => displayValues(props, false)}
      renderValue={({ value, width: w, height: h }) => (
        <Gauge value={value} width={w} height={h} markers={options.showThresholdMarkers !== false} />
      )}
      width={width}
      height={height}
      source={data}
      itemSpacing={8}
      renderCounter={renderCounter}
      autoGrid
      orientation={options.orientation ?? VizOrientation.Auto}
    />
  );
}

export const gaugePanel = new PanelPlugin<GaugeOptions>(GaugePanel).useFieldConfig();
