// The panel's options and their editors.
import { type PanelOptionsEditorBuilder } from '@grafana/data';
import { LegendDisplayMode, TooltipDisplayMode, type LegendPlacement } from '@grafana/schema';

import {
  COST_UNITS,
  CostUnit,
  LOAD_RULES,
  LoadRule,
  SCALE_KINDS,
  ScaleKind,
  TOKEN_BASIS,
  TokenBasis,
  View,
  VIEWS,
  Yield,
  YIELDS,
} from '../generated/contract';

/** Which parts of a comparison are shown. */
export enum Part {
  All = 'whole',
  Answer = 'answer',
  Figures = 'figures',
}

const PARTS = [
  { value: Part.All, label: 'All', description: 'The answer, and every figure behind it' },
  { value: Part.Answer, label: 'Answer', description: 'Sentences, and what a dollar buys under other limits' },
  { value: Part.Figures, label: 'Figures', description: 'What was compared, capacity, cost and fleets' },
];

export interface Options {
  view: View;
  xScale: ScaleKind;
  yScale: ScaleKind;
  showInterval: boolean;
  showFit: boolean;
  showLimit: boolean;
  /** Whether to draw live traffic from `overlay` frames. */
  showProduction: boolean;
  /** A bound on the drawn quantity, in its unit, that replaces the service level's. */
  limitOverride?: number;
  /** Which tokens count. */
  tokenBasis: TokenBasis;
  /** The load at which a cost is computed. */
  loadRule: LoadRule;
  costUnit: CostUnit;
  yieldPer: Yield;
  /** Which parts of the comparison are shown. */
  part: Part;
  /** Name of the run that the others are compared with; the first run if it is empty. */
  baseline: string;
  /** The load that all replicas serve together, in the load unit of the runs. */
  targetLoad?: number;
  /** Replicas in addition to those that the load needs. */
  spareReplicas: number;
  /** Diameter of a measured point, pixels. */
  pointSize: number;
  /** The keys are those of Grafana's own panels, so that the values survive a change of the visualization. */
  legend: { showLegend: boolean; displayMode: LegendDisplayMode; placement: LegendPlacement };
  tooltip: { mode: TooltipDisplayMode };
}

/** The options of a new panel. */
const DEFAULTS: Pick<Options, 'view' | 'xScale' | 'yScale' | 'tokenBasis' | 'loadRule' | 'costUnit' | 'yieldPer'> = {
  view: View.Saturation,
  xScale: ScaleKind.Linear,
  yScale: ScaleKind.Linear,
  tokenBasis: TokenBasis.Output,
  loadRule: LoadRule.Interpolated,
  costUnit: CostUnit.TokensPerDollar,
  yieldPer: Yield.PerGpu,
};

const among =
  (...views: View[]) =>
  (options: Options) =>
    views.includes(options.view);
const isSaturation = among(View.Saturation, View.WhatIf);
const isChart = (options: Options) => !among(View.Verdict, View.Comparison)(options);
const isEconomy = among(View.Cost, View.Comparison, View.WhatIf);
const isTable = among(View.Comparison, View.WhatIf);
const showsLegend = (options: Options) => isChart(options) && options.legend.showLegend;

export function addOptions(builder: PanelOptionsEditorBuilder<Options>): void {
  const axes = ['Axes'];
  const marks = ['Marks'];
  const limit = ['Limit'];
  const economy = ['Cost'];
  const legend = ['Legend and tooltip'];
  builder
    .addSelect({
      path: 'view',
      name: 'View',
      defaultValue: DEFAULTS.view,
      settings: { options: [...VIEWS] },
    })
    .addRadio({
      path: 'xScale',
      name: 'Scale from left to right',
      category: axes,
      defaultValue: DEFAULTS.xScale,
      settings: { options: [...SCALE_KINDS] },
      showIf: isChart,
    })
    .addRadio({
      path: 'yScale',
      name: 'Scale from bottom to top',
      category: axes,
      defaultValue: DEFAULTS.yScale,
      settings: { options: [...SCALE_KINDS] },
      showIf: isChart,
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
      description: '95 % confidence intervals of measured values, of the breaking point and of costs',
      category: marks,
      defaultValue: true,
      showIf: among(View.Saturation, View.WhatIf, View.Cost),
    })
    .addBooleanSwitch({
      path: 'showProduction',
      name: 'Production',
      description: 'Live traffic, its own curve and what is left, where a query of the kind Overlay gives them',
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
      showIf: isChart,
    })
    .addBooleanSwitch({
      path: 'showLimit',
      name: 'Limit and breaking point',
      category: limit,
      defaultValue: true,
      showIf: among(View.Saturation, View.WhatIf, View.Cost),
    })
    .addNumberInput({
      path: 'limitOverride',
      name: 'Other limit',
      description: 'Judge the drawn quantity by this bound, in its own unit, instead of by the service level',
      category: limit,
      settings: { min: 0, placeholder: 'From the service level' },
      showIf: (options) => options.view === View.Saturation && options.showLimit,
    })
    .addSelect({
      path: 'tokenBasis',
      name: 'Tokens',
      description: 'Which tokens are counted. Rates and costs of different kinds are never compared',
      category: economy,
      defaultValue: DEFAULTS.tokenBasis,
      settings: { options: [...TOKEN_BASIS] },
      showIf: isEconomy,
    })
    .addRadio({
      path: 'loadRule',
      name: 'Cost is taken at',
      category: economy,
      defaultValue: DEFAULTS.loadRule,
      settings: { options: [...LOAD_RULES] },
      showIf: isEconomy,
    })
    .addRadio({
      path: 'costUnit',
      name: 'Cost as',
      category: economy,
      defaultValue: DEFAULTS.costUnit,
      settings: { options: [...COST_UNITS] },
      showIf: among(View.Cost),
    })
    .addRadio({
      path: 'yieldPer',
      name: 'Yield of the hardware',
      category: economy,
      defaultValue: DEFAULTS.yieldPer,
      settings: { options: [...YIELDS] },
      showIf: among(View.Pareto),
    })
    .addRadio({
      path: 'part',
      name: 'Show',
      category: economy,
      defaultValue: Part.All,
      settings: { options: PARTS },
      showIf: among(View.Comparison),
    })
    .addTextInput({
      path: 'baseline',
      name: 'Compare with',
      description: 'Name of the run that the others are compared with',
      category: economy,
      defaultValue: '',
      settings: { placeholder: 'The first run' },
      showIf: isTable,
    })
    .addNumberInput({
      path: 'targetLoad',
      name: 'Load to serve',
      description:
        'Over all replicas, in the unit of the runs: how many replicas that takes and what they cost a month',
      category: economy,
      settings: { min: 0, placeholder: 'None' },
      showIf: isTable,
    })
    .addNumberInput({
      path: 'spareReplicas',
      name: 'Spare replicas',
      description: 'On top of those that the load needs: 1 for N+1',
      category: economy,
      defaultValue: 0,
      settings: { min: 0, integer: true },
      showIf: isTable,
    })
    .addBooleanSwitch({
      path: 'legend.showLegend',
      name: 'Legend',
      category: legend,
      defaultValue: true,
      showIf: isChart,
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
      showIf: isChart,
    });
}

/** The saved value if it is one of the choices, else `fallback`. */
function oneOf<T extends string>(saved: unknown, choices: readonly { value: T }[], fallback: T): T {
  return choices.find(({ value }) => value === saved)?.value ?? fallback;
}

/** Fills in the options of a panel that was saved before some of them existed, or that was another panel before. */
export function completed(options: Partial<Options>): Options {
  const tooltip =
    options.tooltip?.mode === TooltipDisplayMode.None ? TooltipDisplayMode.None : TooltipDisplayMode.Single;
  return {
    view: oneOf(options.view, VIEWS, DEFAULTS.view),
    xScale: oneOf(options.xScale, SCALE_KINDS, DEFAULTS.xScale),
    yScale: oneOf(options.yScale, SCALE_KINDS, DEFAULTS.yScale),
    showInterval: options.showInterval ?? true,
    showFit: options.showFit ?? true,
    showLimit: options.showLimit ?? true,
    showProduction: options.showProduction ?? true,
    limitOverride: options.limitOverride,
    // The Pareto view is about output tokens only, but a basis that was chosen for another view stays in the options.
    tokenBasis:
      options.view === View.Pareto ? TokenBasis.Output : oneOf(options.tokenBasis, TOKEN_BASIS, DEFAULTS.tokenBasis),
    loadRule: oneOf(options.loadRule, LOAD_RULES, DEFAULTS.loadRule),
    costUnit: oneOf(options.costUnit, COST_UNITS, DEFAULTS.costUnit),
    yieldPer: oneOf(options.yieldPer, YIELDS, DEFAULTS.yieldPer),
    part: oneOf(options.part, PARTS, Part.All),
    baseline: options.baseline ?? '',
    targetLoad: options.targetLoad,
    spareReplicas: options.spareReplicas ?? 0,
    pointSize: options.pointSize ?? 8,
    legend: {
      showLegend: options.legend?.showLegend ?? true,
      displayMode: LegendDisplayMode.List,
      placement: options.legend?.placement ?? 'bottom',
    },
    tooltip: { mode: tooltip },
  };
}
