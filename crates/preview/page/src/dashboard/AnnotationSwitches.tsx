import { sceneGraph, type SceneComponentProps, SceneDataLayerSet, SceneObjectBase } from '@grafana/scenes';
import { InlineSwitch } from '@grafana/ui';

/** A switch with a name for each annotation, as in Grafana. The library's own control names the whole set alone. */
export class AnnotationSwitches extends SceneObjectBase {
  public static Component = Switches;
}

function Switches({ model }: SceneComponentProps<AnnotationSwitches>) {
  const sets = sceneGraph.getDataLayers(model, true).filter((layer) => layer instanceof SceneDataLayerSet);
  return sets.flatMap(({ state }) => state.layers.map((layer) => <Switch key={layer.state.key} layer={layer} />));
}

function Switch({ layer }: { layer: SceneDataLayerSet['state']['layers'][number] }) {
  const { name, isEnabled, isHidden } = layer.useState();
  if (isHidden) {
    return null;
  }
  return (
    <InlineSwitch
      label={name}
      showLabel
      value={isEnabled}
      onChange={() => {
        layer.setState({ isEnabled: !isEnabled });
      }}
    />
  );
}
