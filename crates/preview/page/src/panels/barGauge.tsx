import {
  getDisplayValueAlignmentFactors,
  getFieldConfigWithMinMax,
  PanelPlugin,
  type PanelProps,
  VizOrientation,
} from '@grafana/data';
import { BarGaugeDisplayMode, BarGaugeNamePlacement, BarGaugeSizing, BarGaugeValueMode } from '@grafana/schema';
import { BarGauge, useTheme2, VizRepeater } from '@grafana/ui';

import { displayValues, type SingleValueOptions } from './values';

interface BarGaugeOptions extends SingleValueOptions {
  displayMode?: BarGaugeDisplayMode;
  valueMode?: BarGaugeValueMode;
  namePlacement?: BarGaugeNamePlacement;
  showUnfilled?: boolean;
  sizing?: BarGaugeSizing;
  minVizHeight?: number;
  maxVizHeight?: number;
  minVizWidth?: number;
}

function BarGaugePanel(props: PanelProps<BarGaugeOptions>) {
  const theme = useTheme2();
  const { options, width, height, data, renderCounter } = props;
  const manual = options.sizing === BarGaugeSizing.Manual;
  return (
    <VizRepeater
      getValues={() => displayValues(props, false)}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      renderValue={({ value, width: w, height: h, orientation, alignmentFactors }) => {
        const { field, display, view, colIndex } = value;
        const processor = view && colIndex !== undefined ? view.getFieldDisplayProcessor(colIndex) : undefined;
        const source = view && colIndex !== undefined ? view.dataFrame.fields[colIndex] : undefined;
        return (
          <BarGauge
            theme={theme}
            width={w}
            height={h}
            value={display}
            field={source ? getFieldConfigWithMinMax(source, false) : field}
            display={processor}
            orientation={orientation}
            alignmentFactors={alignmentFactors}
            itemSpacing={8}
            lcdCellWidth={12}
            displayMode={options.displayMode ?? BarGaugeDisplayMode.Gradient}
            valueDisplayMode={options.valueMode ?? BarGaugeValueMode.Color}
            namePlacement={options.namePlacement ?? BarGaugeNamePlacement.Auto}
            showUnfilled={options.showUnfilled ?? true}
          />
        );
      }}
      width={width}
      height={height}
      source={data}
      itemSpacing={8}
      renderCounter={renderCounter}
      minVizWidth={manual ? options.minVizWidth : 8}
      minVizHeight={manual ? options.minVizHeight : 16}
      maxVizHeight={manual ? options.maxVizHeight : 300}
      orientation={options.orientation ?? VizOrientation.Auto}
    />
  );
}

export const barGaugePanel = new PanelPlugin<BarGaugeOptions>(BarGaugePanel).useFieldConfig();
