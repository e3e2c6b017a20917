// What the user can choose, in Grafana's own editors.
import { type PanelOptionsEditorBuilder } from '@grafana/data';
import { LegendDisplayMode, TooltipDisplayMode, type LegendPlacement } from '@grafana/schema';

export type View = 'saturation' | 'verdict' | 'cost' | 'pareto' | 'comparison' | 'what_if';
export type ScaleKind = 'linear' | 'log';
export type TokenBasis = 'output' | 'prompt' | 'total';
export type LoadRule = 'interpolated' | 'last_passing_level';
export type CostUnit = 'tokens_per_dollar' | 'dollars_per_million';
export type YieldPer = 'gpu' | 'dollar';

export interface Options {
  view: View;
  xScale: ScaleKind;
  yScale: ScaleKind;
  showInterval: boolean;
  showFit: boolean;
  showLimit: boolean;
  /** Live traffic from `overlay` frames. */
  showProduction: boolean;
  /** A bound on the drawn quantity, in its unit, instead of that of the service level. */
  limitOverride?: number;
  /** Which tokens are counted. */
  tokenBasis: TokenBasis;
  /** Which load a cost is taken at. */
  loadRule: LoadRule;
  costUnit: CostUnit;
  yieldPer: YieldPer;
  /** Name of the run that the others are compared with; the first where there is none. */
  baseline: string;
  /** Load that all replicas serve together, in the unit of the runs. */
  targetLoad?: number;
  /** Replicas on top of those that the load needs. */
  spareReplicas: number;
  /** Diameter of a measured point, pixels. */
  pointSize: number;
  /** Keys as in Grafana's own panels, so that they survive a change of the visualization. */
  legend: { showLegend: boolean; displayMode: LegendDisplayMode; placement: LegendPlacement };
  tooltip: { mode: TooltipDisplayMode };
}

export const VIEWS = [
  {
    value: 'saturation',
    label: 'Saturation',
    description: 'A quantity over load: where it breaks, and where production is',
  },
  { value: 'verdict', label: 'Verdict', description: 'One card a run that says where it breaks' },
  {
    value: 'cost',
    label: 'Cost',
    description: 'What tokens cost over the limit, and where another deployment becomes cheaper',
  },
  { value: 'pareto', label: 'Pareto', description: 'Speed for a user against yield of the hardware' },
  {
    value: 'comparison',
    label: 'Comparison',
    description: 'Deployments side by side: load, cost, fleets, and which is cheaper',
  },
  { value: 'what_if', label: 'What-if', description: 'Another limit, price, number of replicas or load' },
] satisfies { value: View; label: string; description: string }[];
const SCALES = [
  { value: 'linear', label: 'Linear' },
  { value: 'log', label: 'Logarithmic' },
] satisfies { value: ScaleKind; label: string }[];
const BASES = [
  { value: 'output', label: 'Output tokens', description: 'Generated tokens' },
  { value: 'prompt', label: 'Prompt tokens', description: 'Tokens read' },
  { value: 'total', label: 'Prompt and output tokens' },
] satisfies { value: TokenBasis; label: string; description?: string }[];
const RULES = [
  { value: 'interpolated', label: 'Breaking load', description: 'Read off the fitted line between two levels' },
  {
    value: 'last_passing_level',
    label: 'Last passing level',
    description: 'The highest measured load at which every limit held: nothing between levels is assumed',
  },
] satisfies { value: LoadRule; label: string; description: string }[];
const COST_UNITS = [
  { value: 'tokens_per_dollar', label: 'Tokens per dollar' },
  { value: 'dollars_per_million', label: 'Dollars per million' },
] satisfies { value: CostUnit; label: string }[];
const YIELDS = [
  { value: 'gpu', label: 'Per GPU' },
  { value: 'dollar', label: 'Per dollar' },
] satisfies { value: YieldPer; label: string }[];

const among =
  (...views: View[]) =>
  (options: Options) =>
    views.includes(options.view);
const isSaturation = among('saturation', 'what_if');
const isChart = among('saturation', 'cost', 'pareto', 'what_if');
const isEconomy = among('cost', 'comparison', 'what_if');
const isTable = among('comparison', 'what_if');
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
      defaultValue: 'saturation',
      settings: { options: VIEWS },
    })
    .addRadio({
      path: 'xScale',
      name: 'Scale from left to right',
      category: axes,
      defaultValue: 'linear',
      settings: { options: SCALES },
      showIf: isChart,
    })
    .addRadio({
      path: 'yScale',
      name: 'Scale from bottom to top',
      category: axes,
      defaultValue: 'linear',
      settings: { options: SCALES },
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
      showIf: among('saturation', 'what_if', 'cost'),
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
      showIf: among('saturation', 'what_if', 'cost'),
    })
    .addNumberInput({
      path: 'limitOverride',
      name: 'Other limit',
      description: 'Judge the drawn quantity by this bound, in its own unit, instead of by the service level',
      category: limit,
      settings: { min: 0, placeholder: 'From the service level' },
      showIf: (options) => options.view === 'saturation' && options.showLimit,
    })
    .addSelect({
      path: 'tokenBasis',
      name: 'Tokens',
      description: 'Which tokens are counted. Rates and costs of different kinds are never compared',
      category: economy,
      defaultValue: 'output',
      settings: { options: BASES },
      showIf: isEconomy,
    })
    .addRadio({
      path: 'loadRule',
      name: 'Cost is taken at',
      category: economy,
      defaultValue: 'interpolated',
      settings: { options: RULES },
      showIf: isEconomy,
    })
    .addRadio({
      path: 'costUnit',
      name: 'Cost as',
      category: economy,
      defaultValue: 'tokens_per_dollar',
      settings: { options: COST_UNITS },
      showIf: among('cost'),
    })
    .addRadio({
      path: 'yieldPer',
      name: 'Yield of the hardware',
      category: economy,
      defaultValue: 'gpu',
      settings: { options: YIELDS },
      showIf: among('pareto'),
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

/** A choice out of a list; `fallback` where the saved one is not in it. */
function oneOf<T extends string>(saved: unknown, choices: readonly { value: T }[], fallback: T): T {
  return choices.find(({ value }) => value === saved)?.value ?? fallback;
}

/** The options of a panel that was saved before one of them existed, or that was another panel before. */
export function completed(options: Partial<Options>): Options {
  const tooltip =
    options.tooltip?.mode === TooltipDisplayMode.None ? TooltipDisplayMode.None : TooltipDisplayMode.Single;
  return {
    view: oneOf(options.view, VIEWS, 'saturation'),
    xScale: oneOf(options.xScale, SCALES, 'linear'),
    yScale: oneOf(options.yScale, SCALES, 'linear'),
    showInterval: options.showInterval ?? true,
    showFit: options.showFit ?? true,
    showLimit: options.showLimit ?? true,
    showProduction: options.showProduction ?? true,
    limitOverride: options.limitOverride,
    // A chosen basis outlives a change of the view, and the Pareto view is about output tokens alone.
    tokenBasis: options.view === 'pareto' ? 'output' : oneOf(options.tokenBasis, BASES, 'output'),
    loadRule: oneOf(options.loadRule, RULES, 'interpolated'),
    costUnit: oneOf(options.costUnit, COST_UNITS, 'tokens_per_dollar'),
    yieldPer: oneOf(options.yieldPer, YIELDS, 'gpu'),
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
