// Grafana's standard options, as far as they change the picture.
import { FieldColorModeId, FieldConfigProperty, type SetFieldConfigOptionsArgs } from '@grafana/data';
import { type HideableFieldConfig } from '@grafana/schema';
import { commonOptionsBuilder } from '@grafana/ui';

/** The options that have an effect. All others are hidden, including those of later versions of Grafana. */
export const OFFERED: readonly FieldConfigProperty[] = [
  FieldConfigProperty.Unit,
  FieldConfigProperty.Decimals,
  FieldConfigProperty.Min,
  FieldConfigProperty.Max,
  FieldConfigProperty.DisplayName,
  FieldConfigProperty.Color,
  FieldConfigProperty.Links,
];

export const FIELD_CONFIG: SetFieldConfigOptionsArgs<HideableFieldConfig> = {
  standardOptions: {
    [FieldConfigProperty.Color]: {
      settings: { byValueSupport: false, bySeriesSupport: true, preferThresholdsMode: false },
      defaultValue: { mode: FieldColorModeId.PaletteClassic },
    },
  },
  disableStandardOptions: Object.values(FieldConfigProperty).filter((property) => !OFFERED.includes(property)),
  useCustomConfig: (builder) => {
    commonOptionsBuilder.addHideFrom(builder);
  },
};
