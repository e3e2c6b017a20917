import { FieldColorModeId, FieldConfigProperty, PanelPlugin } from '@grafana/data';
import { type HideableFieldConfig } from '@grafana/schema';
import { commonOptionsBuilder } from '@grafana/ui';

import { HeadroomPanel } from './HeadroomPanel';
import { addOptions, type Options } from './options';

export const plugin = new PanelPlugin<Options, HideableFieldConfig>(HeadroomPanel)
  .setPanelOptions(addOptions)
  .useFieldConfig({
    standardOptions: {
      [FieldConfigProperty.Color]: {
        settings: { byValueSupport: false, bySeriesSupport: true, preferThresholdsMode: false },
        defaultValue: { mode: FieldColorModeId.PaletteClassic },
      },
    },
    disableStandardOptions: [
      FieldConfigProperty.Thresholds,
      FieldConfigProperty.Mappings,
      FieldConfigProperty.NoValue,
      FieldConfigProperty.Filterable,
    ],
    useCustomConfig: (builder) => {
      commonOptionsBuilder.addHideFrom(builder);
    },
  });
