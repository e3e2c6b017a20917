// Live traffic out of `overlay`, `overlay_bins` and `headroom` frames, beside the run that it belongs to.
import { type DataFrame, type Field, FieldType } from '@grafana/data';

import { type ChartProduction, Drawn, Presence, Read } from '../generated/contract';
import { headroomOf, kindOf, type ProductionInfo, productionOf } from './meta';

/** Production of one deployment. */
export interface Production extends ProductionInfo {
  /** Why there is no load now, such as a scrape that fails; empty while it serves. */
  absence: string;
  /** The frame of production's own curve, and the field that is drawn. */
  frame: DataFrame;
  field: Field;
  chart: ChartProduction;
}

/** Every deployment of the `overlay` frames, in their order. */
export function productions(frames: DataFrame[]): Production[] {
  const clouds = frames.filter((frame) => kindOf(frame) === Drawn.Overlay);
  return clouds.flatMap((cloud) => {
    const info = productionOf(cloud);
    const { deployment, presence } = info;
    const same = (frame: DataFrame) =>
      kindOf(frame) === Drawn.OverlayBins &&
      frame.refId === cloud.refId &&
      productionOf(frame).deployment === deployment;
    const bins = frames.find(same) ?? cloud;
    const field = bins.fields.find(({ name, type }) => name === Read.Value && type === FieldType.number);
    if (!field) {
      return [];
    }
    const shedding = presence === Presence.Shedding;
    const isThere = shedding || presence === Presence.Serving || presence === Presence.Idle;
    const now = nowOf(frames, info);
    return [
      {
        ...info,
        absence: isThere ? '' : info.presence_text,
        frame: bins,
        field,
        chart: chartOf(cloud, bins, isThere ? (now ?? NaN) : NaN, shedding),
      },
    ];
  });
}

function chartOf(cloud: DataFrame, bins: DataFrame, now: number, shedding: boolean): ChartProduction {
  return {
    load: column(bins, Read.Load),
    value: column(bins, Read.Value),
    lo: column(bins, Read.ValueLo),
    hi: column(bins, Read.ValueHi),
    count: column(bins, Read.Requests),
    cloudLoad: column(cloud, Read.Load),
    cloudValue: column(cloud, Read.Value),
    now,
    shedding,
  };
}

/** The load of one replica now: as a `headroom` frame has it, else as its own frame does. */
function nowOf(frames: DataFrame[], { deployment, load }: ProductionInfo): number | null {
  const told = frames.filter((frame) => kindOf(frame) === Drawn.Headroom).flatMap(headroomOf);
  const found = told.find((one) => one.deployment === deployment);
  return found ? found.load : load;
}

function column(frame: DataFrame, name: string): Float64Array {
  const field = frame.fields.find((one) => one.name === name && one.type === FieldType.number);
  const values = (field?.values ?? []) as unknown[];
  return Float64Array.from({ length: frame.length }, (_, row) => {
    const value = values[row];
    return typeof value === 'number' ? value : NaN;
  });
}
