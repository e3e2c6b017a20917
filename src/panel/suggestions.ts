// The views that Grafana suggests for a new panel after its query was answered.
import {
  type DataFrame,
  FieldType,
  type PanelDataSummary,
  type VisualizationSuggestion,
  VisualizationSuggestionScore,
} from '@grafana/data';

import { LegendDisplayMode } from '@grafana/schema';

import { isLoadName } from './frames';
import { kindOf, runOf } from './meta';
import { Drawn, View, VIEWS } from '../generated/contract';
import { type Options } from './options';

type Suggestion = VisualizationSuggestion<Options>;

const { Best, Good, OK } = VisualizationSuggestionScore;

const NO_LEGEND: Options['legend'] = { showLegend: false, displayMode: LegendDisplayMode.List, placement: 'bottom' };

/** The views that the frames have enough data for, the best first; empty for frames that other panels are meant for. */
export function suggestions({ rawFrames = [] }: Pick<PanelDataSummary, 'rawFrames'>): Suggestion[] {
  const levels = rawFrames.filter((frame) => kindOf(frame) === Drawn.Levels && frame.length > 0);
  if (levels.length > 0) {
    const known = (fact: 'price_per_hour' | 'gpus') => levels.some((frame) => runOf(frame)?.run[fact] != null);
    return [
      suggestion(View.Saturation, Best),
      suggestion(View.Verdict, Good),
      ...(levels.length > 1 ? [suggestion(View.Comparison, Good)] : []),
      suggestion(View.WhatIf, Good),
      ...(known('price_per_hour') ? [suggestion(View.Cost, Good)] : []),
      // By default the yield is per GPU, so the number of GPUs must be known.
      ...(known('gpus') ? [suggestion(View.Pareto, OK)] : []),
    ];
  }
  if (rawFrames.some((frame) => kindOf(frame) === Drawn.Verdict && frame.length > 0)) {
    return [suggestion(View.Verdict, Best)];
  }
  if (rawFrames.some((frame) => kindOf(frame) === Drawn.Overlay && frame.length > 0)) {
    return [suggestion(View.Saturation, Best)];
  }
  return rawFrames.some(isPlainCurve) ? [suggestion(View.Saturation, OK)] : [];
}

/** A frame of another data source with a column that is a load by its name, and a column to draw over it. */
function isPlainCurve(frame: DataFrame): boolean {
  const numbers = frame.fields.filter(({ type }) => type === FieldType.number);
  const overTime = frame.fields.some(({ type }) => type === FieldType.time);
  return kindOf(frame) === undefined && !overTime && numbers.length > 1 && numbers.some(({ name }) => isLoadName(name));
}

function suggestion(view: View, score: VisualizationSuggestionScore): Suggestion {
  const { label, description } = VIEWS.find(({ value }) => value === view) ?? { label: view, description: '' };
  return {
    name: `Headroom: ${label}`,
    description,
    score,
    options: { view },
    cardOptions: {
      // A suggestion card has no room for a legend.
      previewModifier: (preview) => {
        preview.options = { ...preview.options, legend: NO_LEGEND };
      },
    },
  };
}
