/** From dashboard JSON to a scene. Grafana's own conversion is in its core and not in its npm packages. */

import { DashboardCursorSync } from '@grafana/schema';
import {
  behaviors,
  dataLayers,
  EmbeddedScene,
  SceneControlsSpacer,
  SceneDataLayerSet,
  SceneDataTransformer,
  SceneGridItem,
  type SceneGridItemLike,
  SceneGridLayout,
  SceneGridRow,
  type SceneObject,
  SceneQueryRunner,
  SceneRefreshPicker,
  SceneTimePicker,
  SceneTimeRange,
  SceneVariableSet,
  VariableValueSelectors,
  VizPanel,
} from '@grafana/scenes';

import { AnnotationSwitches } from './AnnotationSwitches';
import type { DashboardModel, PanelModel } from './model';
import { PanelTitleItems } from './PanelTitleItems';
import { variableOf } from './variables';

function dataOf(panel: PanelModel): SceneDataTransformer | undefined {
  if (!panel.targets?.length) {
    return undefined;
  }
  return new SceneDataTransformer({
    transformations: panel.transformations ?? [],
    $data: new SceneQueryRunner({
      datasource: panel.datasource ?? panel.targets[0]?.datasource ?? undefined,
      queries: panel.targets,
      maxDataPoints: panel.maxDataPoints,
      maxDataPointsFromWidth: true,
      minInterval: panel.interval,
    }),
  });
}

function gridItem(panel: PanelModel): SceneGridItem {
  const { x, y, w, h } = panel.gridPos;
  return new SceneGridItem({
    x,
    y,
    width: w,
    height: h,
    isResizable: false,
    isDraggable: false,
    body: new VizPanel({
      key: `panel-${panel.id}`,
      pluginId: panel.type,
      pluginVersion: panel.pluginVersion,
      title: panel.title ?? '',
      description: panel.description,
      options: panel.options ?? {},
      fieldConfig: panel.fieldConfig ?? { defaults: {}, overrides: [] },
      displayMode: panel.transparent ? 'transparent' : 'default',
      hoverHeader: !panel.title,
      titleItems: [new PanelTitleItems({ links: panel.links ?? [] })],
      $data: dataOf(panel),
    }),
  });
}

/** The panels that follow an open row are its own; a collapsed row carries them inside. */
function gridChildren(panels: PanelModel[]): SceneGridItemLike[] {
  const children: SceneGridItemLike[] = [];
  let openRow: SceneGridRow | undefined;
  for (const panel of panels) {
    if (panel.type === 'row') {
      const inside = (panel.panels ?? []).map(gridItem);
      const row = new SceneGridRow({
        key: `row-${panel.id}`,
        title: panel.title,
        y: panel.gridPos.y,
        isCollapsible: true,
        isCollapsed: panel.collapsed,
        children: inside,
      });
      children.push(row);
      openRow = panel.collapsed ? undefined : row;
    } else if (openRow) {
      openRow.setState({ children: [...openRow.state.children, gridItem(panel)] });
    } else {
      children.push(gridItem(panel));
    }
  }
  return children;
}

function annotationLayers(model: DashboardModel): SceneDataLayerSet | undefined {
  const layers = (model.annotations?.list ?? [])
    .filter((query) => !('builtIn' in query && query.builtIn))
    .map(
      (query) =>
        new dataLayers.AnnotationsDataLayer({
          name: query.name,
          isEnabled: query.enable,
          isHidden: query.hide,
          query,
        }),
    );
  return layers.length > 0 ? new SceneDataLayerSet({ layers }) : undefined;
}

function controlsOf(model: DashboardModel): SceneObject[] {
  const controls: SceneObject[] = [
    new VariableValueSelectors({}),
    new AnnotationSwitches({}),
    new SceneControlsSpacer(),
  ];
  if (!model.timepicker?.hidden) {
    controls.push(new SceneTimePicker({}));
  }
  const refresh = typeof model.refresh === 'string' ? model.refresh : '';
  controls.push(new SceneRefreshPicker({ refresh }));
  return controls;
}

export function sceneOf(model: DashboardModel, kiosk: boolean): EmbeddedScene {
  const variables = (model.templating?.list ?? []).flatMap((variable) => variableOf(variable) ?? []);
  return new EmbeddedScene({
    key: model.uid,
    $timeRange: new SceneTimeRange({
      from: model.time?.from ?? 'now-6h',
      to: model.time?.to ?? 'now',
      timeZone: model.timezone,
    }),
    $variables: new SceneVariableSet({ variables }),
    $data: annotationLayers(model),
    $behaviors: [new behaviors.CursorSync({ sync: model.graphTooltip ?? DashboardCursorSync.Off })],
    controls: kiosk ? undefined : controlsOf(model),
    body: new SceneGridLayout({
      isDraggable: false,
      isResizable: false,
      isLazy: false,
      children: gridChildren(model.panels ?? []),
    }),
  });
}
