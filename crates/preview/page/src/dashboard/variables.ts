/** Template variables of a dashboard as scene variables. */

import {
  ConstantVariable,
  CustomVariable,
  DataSourceVariable,
  IntervalVariable,
  QueryVariable,
  type SceneVariable,
  TextBoxVariable,
} from '@grafana/scenes';

import type { VariableModel } from './model';

/** `undefined` for a kind that the preview has not got: the dashboard must still show. */
export function variableOf(model: VariableModel): SceneVariable | undefined {
  const { name, label, description, hide, skipUrlSync } = model;
  const common = { name, label, description, hide, skipUrlSync };
  const query = typeof model.query === 'string' ? model.query : '';
  const choice = {
    ...common,
    isMulti: model.multi,
    includeAll: model.includeAll,
    allValue: model.allValue ?? undefined,
    value: model.current?.value ?? '',
    text: model.current?.text ?? '',
  };
  switch (model.type) {
    case 'query':
      return new QueryVariable({
        ...choice,
        query: model.query ?? '',
        definition: model.definition,
        datasource: model.datasource ?? null,
        regex: model.regex ?? '',
        sort: model.sort,
        refresh: model.refresh,
      });
    case 'custom':
      return new CustomVariable({ ...choice, query });
    case 'datasource':
      return new DataSourceVariable({ ...choice, pluginId: query, regex: model.regex ?? '' });
    case 'constant':
      return new ConstantVariable({ ...common, value: query });
    case 'textbox':
      return new TextBoxVariable({ ...common, value: String(model.current?.value ?? query) });
    case 'interval':
      return new IntervalVariable({
        ...common,
        intervals: query.split(',').filter(Boolean),
        value: String(model.current?.value ?? ''),
        autoEnabled: model.auto,
        autoStepCount: model.auto_count,
        autoMinInterval: model.auto_min,
      });
    default:
      return undefined;
  }
}
