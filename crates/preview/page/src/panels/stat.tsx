import {
  type FieldDisplay,
  getDisplayValueAlignmentFactors,
  PanelPlugin,
  type PanelProps,
  VizOrientation,
} from '@grafana/data';
import {
  BigValue,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueJustifyMode,
  BigValueTextMode,
  DataLinksContextMenu,
  useTheme2,
  VizRepeater,
} from '@grafana/ui';

import { displayValues, type SingleValueOptions } from './values';

interface StatOptions extends SingleValueOptions {
  colorMode?: BigValueColorMode;
  graphMode?: BigValueGraphMode;
  justifyMode?: BigValueJustifyMode;
  textMode?: BigValueTextMode;
  text?: { titleSize?: number; valueSize?: number };
  wideLayout?: boolean;
}

function StatPanel(props: PanelProps<StatOptions>) {
  const theme = useTheme2();
  const { options, width, height, data, renderCounter } = props;
  const graphMode = options.graphMode ?? BigValueGraphMode.Area;
  const bigValue = (
    value: FieldDisplay,
    size: { width: number; height: number },
    count: number,
    openMenu?: () => void,
  ) => (
    <BigValue
      {...size}
      theme={theme}
      value={value.display}
      count={count}
      sparkline={value.sparkline}
      colorMode={options.colorMode ?? BigValueColorMode.Value}
      graphMode={graphMode}
      justifyMode={options.justifyMode ?? BigValueJustifyMode.Auto}
      textMode={options.textMode ?? BigValueTextMode.Auto}
      text={options.text}
      disableWideLayout={options.wideLayout === false}
      onClick={openMenu}
    />
  );
  return (
    <VizRepeater
      getValues={() => displayValues(props, graphMode !== BigValueGraphMode.None)}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      renderValue={({ value, width: w, height: h, count }) =>
        value.hasLinks && value.getLinks ? (
          <DataLinksContextMenu links={value.getLinks}>
            {({ openMenu }) => bigValue(value, { width: w, height: h }, count, openMenu as () => void)}
          </DataLinksContextMenu>
        ) : (
          bigValue(value, { width: w, height: h }, count)
        )
      }
      width={width}
      height={height}
      source={data}
      itemSpacing={3}
      renderCounter={renderCounter}
      autoGrid
      orientation={options.orientation ?? VizOrientation.Auto}
    />
  );
}

export const statPanel = new PanelPlugin<StatOptions>(StatPanel).useFieldConfig();
