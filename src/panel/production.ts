// Live traffic from `overlay`, `overlay_bins` and `headroom` frames, to be drawn with its run.
import { type DataFrame, type Field, FieldType } from '@grafana/data';

import { type ChartProduction, Drawn, Presence, Read } from '../generated/contract';
import { headroomOf, kindOf, type ProductionInfo, productionOf } from './meta';

/** Production of one deployment. */
export interface Production extends ProductionInfo {
  /** Why there is no load now, such as a failing scrape; empty while the deployment serves. */
  absence: string;
  /** The frame with production's own curve; `field` is the column that is drawn. */
  frame: DataFrame;
  field: Field;
  chart: ChartProduction;
}

/** Every deployment of the `overlay` frames, in the order of the frames. */
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

/** The load per replica now: from a `headroom` frame, else from the `overlay` frame. */
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
