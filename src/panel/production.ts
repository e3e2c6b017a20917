// Live traffic out of `overlay`, `overlay_bins` and `headroom` frames, beside the run that it belongs to.
import { type DataFrame, type Field, FieldType } from '@grafana/data';

import type { ChartProduction } from '../../panel/pkg/headroom_panel';
import { isObject, kindOf, type RunInfo, type SloInfo } from './meta';

/** Production of one deployment. */
export interface Production {
  deployment: string;
  /** The run that it is measured against; `null` without a benchmark. */
  run: RunInfo | null;
  metric: string;
  statistic: string | null;
  unit: string;
  loadUnit: string;
  slo: SloInfo | undefined;
  /** Why there is no load now, such as a scrape that fails; empty while it serves. */
  absence: string;
  /** The frame of production's own curve, and the field that is drawn. */
  frame: DataFrame;
  field: Field;
  chart: ChartProduction;
}

/** Every deployment of the `overlay` frames, in their order. */
export function productions(frames: DataFrame[]): Production[] {
  const clouds = frames.filter((frame) => kindOf(frame) === 'overlay');
  return clouds.flatMap((cloud) => {
    const custom = cloud.meta?.custom ?? {};
    const deployment = textOf(custom.deployment);
    const same = (frame: DataFrame) => frame.refId === cloud.refId && frame.meta?.custom?.deployment === deployment;
    const bins = frames.find((frame) => kindOf(frame) === 'overlay_bins' && same(frame)) ?? cloud;
    const field = bins.fields.find(({ name, type }) => name === 'value' && type === FieldType.number);
    if (!field) {
      return [];
    }
    const now = nowOf(frames, deployment) ?? numberOf(custom.load);
    const presence = textOf(custom.presence);
    return [
      {
        deployment,
        run: isObject(custom.run) ? (custom.run as unknown as RunInfo) : null,
        metric: textOf(custom.metric),
        statistic: typeof custom.statistic === 'string' ? custom.statistic : null,
        unit: textOf(custom.unit),
        loadUnit: textOf(custom.load_unit),
        slo: isObject(custom.slo) ? (custom.slo as unknown as SloInfo) : undefined,
        absence: presence === 'serving' || presence === 'idle' ? '' : textOf(custom.presence_text),
        frame: bins,
        field,
        chart: chartOf(cloud, bins, presence === 'serving' || presence === 'idle' ? now : NaN),
      },
    ];
  });
}

function chartOf(cloud: DataFrame, bins: DataFrame, now: number): ChartProduction {
  return {
    load: column(bins, 'load'),
    value: column(bins, 'value'),
    lo: column(bins, 'value_lo'),
    hi: column(bins, 'value_hi'),
    count: column(bins, 'requests'),
    cloudLoad: column(cloud, 'load'),
    cloudValue: column(cloud, 'value'),
    now,
  };
}

/** The load of one replica now, as a `headroom` frame has it. */
function nowOf(frames: DataFrame[], deployment: string): number | undefined {
  for (const frame of frames.filter((one) => kindOf(one) === 'headroom')) {
    const all: unknown = frame.meta?.custom?.deployments;
    const found: unknown = Array.isArray(all)
      ? all.find((one: unknown) => isObject(one) && one.deployment === deployment)
      : undefined;
    if (isObject(found)) {
      return numberOf(found.load);
    }
  }
  return undefined;
}

function column(frame: DataFrame, name: string): Float64Array {
  const field = frame.fields.find((one) => one.name === name && one.type === FieldType.number);
  const values = (field?.values ?? []) as unknown[];
  return Float64Array.from({ length: frame.length }, (_, row) => numberOf(values[row]));
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : NaN;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
