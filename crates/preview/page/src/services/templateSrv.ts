/**
 * `TemplateSrv` over scenes: a query carries the scene object that it was made by, and its variables are those that the
 * object sees. Without one, the dashboard on the page is asked.
 */

import type { ScopedVars, TypedVariableModel } from '@grafana/data';
import type { TemplateSrv, VariableInterpolation } from '@grafana/runtime';
import { type SceneObject, sceneGraph, type SceneVariable, sceneUtils } from '@grafana/scenes';

/** `$name`, `[[name]]`, `[[name:format]]`, `${name}`, `${name.path}` and `${name:format}`. */
const VARIABLE = /\$\w+|\[\[\w+(?::\w+)?\]\]|\$\{\w+(?:\.[^:^}]+)?(?::[^}]+)?\}/;

declare global {
  interface Window {
    __grafanaSceneContext?: SceneObject;
  }
}

function contextOf(scopedVars: ScopedVars | undefined): SceneObject | undefined {
  const carried: unknown = scopedVars?.__sceneObject?.value;
  const unwrapped: unknown = carried?.valueOf();
  return (unwrapped as SceneObject | undefined) ?? window.__grafanaSceneContext;
}

/** A variable's value in a text. */
function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function replaceScoped(target: string, scopedVars: ScopedVars): string {
  return target.replace(new RegExp(VARIABLE, 'g'), (match) => {
    const name = match.replace(/^\$\{?|^\[\[/, '').replace(/[:.\]}].*$/, '');
    const value: unknown = scopedVars[name]?.value;
    return value === undefined ? match : asText(value);
  });
}

export function createTemplateSrv(): TemplateSrv {
  return {
    replace(target = '', scopedVars, format, interpolations?: VariableInterpolation[]) {
      const context = contextOf(scopedVars);
      if (context) {
        type Format = Parameters<typeof sceneGraph.interpolate>[3];
        return sceneGraph.interpolate(context, target, scopedVars, format as Format, interpolations);
      }
      return scopedVars ? replaceScoped(target, scopedVars) : target;
    },
    getVariables() {
      const context = window.__grafanaSceneContext;
      const set = context ? sceneGraph.getVariables(context) : undefined;
      const variables: SceneVariable[] = set?.state.variables ?? [];
      return variables.flatMap((variable) => variableModel(variable) ?? []);
    },
    containsTemplate: (target) => target !== undefined && VARIABLE.test(target),
    updateTimeRange: () => {
      // Scenes give every request its own time range; there is no global one to keep.
    },
  };
}

/** What a query editor needs of a variable: its name, its kind and its current value. */
function variableModel(variable: SceneVariable): TypedVariableModel | undefined {
  if (sceneUtils.isAdHocVariable(variable)) {
    return undefined;
  }
  const { name, label, type } = variable.state;
  const value = variable.getValue();
  return {
    name,
    label,
    type,
    current: { value, text: variable.getValueText?.() ?? asText(value), selected: true },
    options: [],
  } as unknown as TypedVariableModel;
}
