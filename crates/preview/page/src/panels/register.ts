/**
 * Look-alikes of Grafana's own panels, from the pieces of @grafana/ui. Grafana's panels are not in its npm packages; these
 * read the same field configuration and the most used options.
 */

import type { PanelPlugin } from '@grafana/data';

import { registerPanel } from '../plugins/loader';
import { barGaugePanel } from './barGauge';
import { gaugePanel } from './gauge';
import { statPanel } from './stat';
import { tablePanel } from './table';
import { textPanel } from './text';
import { timeSeriesPanel } from './timeSeries';

const panels: Array<[id: string, name: string, plugin: PanelPlugin]> = [
  ['timeseries', 'Time series', timeSeriesPanel as PanelPlugin],
  ['stat', 'Stat', statPanel as PanelPlugin],
  ['gauge', 'Gauge', gaugePanel as PanelPlugin],
  ['bargauge', 'Bar gauge', barGaugePanel as PanelPlugin],
  ['table', 'Table', tablePanel as PanelPlugin],
  ['text', 'Text', textPanel as PanelPlugin],
];

export function registerPanels(): void {
  for (const [id, name, plugin] of panels) {
    registerPanel(id, name, plugin);
  }
}
