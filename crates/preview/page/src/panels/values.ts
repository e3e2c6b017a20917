/** From panel data to single values with their text, colour and sparkline: what stat, gauge and bar gauge share. */

import {
  type FieldDisplay,
  getFieldDisplayValues,
  type PanelProps,
  type ReduceDataOptions,
  type VizOrientation,
} from '@grafana/data';
import { config } from '@grafana/runtime';

export interface SingleValueOptions {
  reduceOptions?: Partial<ReduceDataOptions>;
  orientation?: VizOrientation;
}

const DEFAULT_REDUCE: ReduceDataOptions = { calcs: ['lastNotNull'], values: false, fields: '' };

export function displayValues(props: PanelProps<SingleValueOptions>, sparkline: boolean): FieldDisplay[] {
  return getFieldDisplayValues({
    data: props.data.series,
    fieldConfig: props.fieldConfig,
    reduceOptions: { ...DEFAULT_REDUCE, ...props.options.reduceOptions },
    replaceVariables: props.replaceVariables,
    sparkline,
    theme: config.theme2,
    timeZone: props.timeZone,
  });
}
