// What the user can choose, in Grafana's own editors.
import { type PanelOptionsEditorBuilder } from '@grafana/data';
import { LegendDisplayMode, TooltipDisplayMode, type LegendPlacement } from '@grafana/schema';

export type View = 'saturation' | 'verdict';
export type ScaleKind = 'linear' | 'log';

export interface Options {
  view: View;
  xScale: ScaleKind;
  yScale: ScaleKind;
  showInterval: boolean;
  showFit: boolean;
  showLimit: boolean;
  /** A bound on the drawn quantity, in its unit, instead of that of the service level. */
  limitOverride?: number;
  /** Diameter of a measured point, pixels. */
  pointSize: number;
  /** Keys as in Grafana's own panels, so that they survive a change of the visualization. */
  legend: { showLegend: boolean; displayMode: LegendDisplayMode; placement: LegendPlacement };
  tooltip: { mode: TooltipDisplayMode };
}

const SCALES = [
  { value: 'linear', label: 'Linear' },
  { value: 'log', label: 'Logarithmic' },
] satisfies { value: ScaleKind; label: string }[];

const isSaturation = (options: Options) => options.view === 'saturation';
const showsLimit = (options: Options) => isSaturation(options) && options.showLimit;
const showsLegend = (options: Options) => isSaturation(options) && options.legend.showLegend;

export function addOptions(builder: PanelOptionsEditorBuilder<Options>): void {
  const axes = ['Axes'];
  const marks = ['Marks'];
  const limit = ['Limit'];
  const legend = ['Legend and tooltip'];
  builder
    .addRadio({
      path: 'view',
      name: 'View',
      description: 'The curve over load, or one card a run that says where it breaks',
      defaultValue: 'saturation',
      settings: {
        options: [
          { value: 'saturation', label: 'Saturation' },
          { value: 'verdict', label: 'Verdict' },
        ],
      },
    })
    .addRadio({
      path: 'xScale',
      name: 'Load scale',
      category: axes,
      defaultValue: 'linear',
      settings: { options: SCALES },
      showIf: isSaturation,
    })
    .addRadio({
      path: 'yScale',
      name: 'Value scale',
      category: axes,
      defaultValue: 'linear',
      settings: { options: SCALES },
      showIf: isSaturation,
    })
    .addBooleanSwitch({
      path: 'showFit',
      name: 'Fitted line',
      description: 'The monotone fit that the breaking point is read from; otherwise thin strokes between the levels',
      category: marks,
      defaultValue: true,
      showIf: isSaturation,
    })
    .addBooleanSwitch({
      path: 'showInterval',
      name: 'Intervals',
      description: '95 % confidence intervals of measured values and of the breaking point',
      category: marks,
      defaultValue: true,
      showIf: isSaturation,
    })
    .addSliderInput({
      path: 'pointSize',
      name: 'Point size',
      category: marks,
      defaultValue: 8,
      settings: { min: 2, max: 24, step: 1 },
      showIf: isSaturation,
    })
    .addBooleanSwitch({
      path: 'showLimit',
      name: 'Limit and breaking point',
      category: limit,
      defaultValue: true,
      showIf: isSaturation,
    })
    .addNumberInput({
      path: 'limitOverride',
      name: 'Other limit',
      description: 'Judge the drawn quantity by this bound, in its own unit, instead of by the service level',
      category: limit,
      settings: { min: 0, placeholder: 'From the service level' },
      showIf: showsLimit,
    })
    .addBooleanSwitch({
      path: 'legend.showLegend',
      name: 'Legend',
      category: legend,
      defaultValue: true,
      showIf: isSaturation,
    })
    .addRadio({
      path: 'legend.placement',
      name: 'Legend placement',
      category: legend,
      defaultValue: 'bottom',
      settings: {
        options: [
          { value: 'bottom', label: 'Bottom' },
          { value: 'right', label: 'Right' },
        ],
      },
      showIf: showsLegend,
    })
    .addRadio({
      path: 'tooltip.mode',
      name: 'Tooltip',
      category: legend,
      defaultValue: TooltipDisplayMode.Single,
      settings: {
        options: [
          { value: TooltipDisplayMode.Single, label: 'Nearest point' },
          { value: TooltipDisplayMode.None, label: 'Hidden' },
        ],
      },
      showIf: isSaturation,
    });
}

/** The options of a panel that was saved before one of them existed, or that was another panel before. */
export function completed(options: Partial<Options>): Options {
  const tooltip =
    options.tooltip?.mode === TooltipDisplayMode.None ? TooltipDisplayMode.None : TooltipDisplayMode.Single;
  return {
    view: options.view === 'verdict' ? 'verdict' : 'saturation',
    xScale: options.xScale === 'log' ? 'log' : 'linear',
    yScale: options.yScale === 'log' ? 'log' : 'linear',
    showInterval: options.showInterval ?? true,
    showFit: options.showFit ?? true,
    showLimit: options.showLimit ?? true,
    limitOverride: options.limitOverride,
    pointSize: options.pointSize ?? 8,
    legend: {
      showLegend: options.legend?.showLegend ?? true,
      displayMode: LegendDisplayMode.List,
      placement: options.legend?.placement ?? 'bottom',
    },
    tooltip: { mode: tooltip },
  };
}
