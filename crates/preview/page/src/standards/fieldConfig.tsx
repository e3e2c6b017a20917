/** The field options that every panel has (unit, decimals, thresholds, …) and the transformations, from @grafana/data. */

import {
  booleanOverrideProcessor,
  dataLinksOverrideProcessor,
  displayNameOverrideProcessor,
  FieldColorModeId,
  FieldConfigProperty,
  type FieldConfigPropertyItem,
  identityOverrideProcessor,
  numberOverrideProcessor,
  standardEditorsRegistry,
  standardFieldConfigEditorRegistry,
  standardTransformers,
  standardTransformersRegistry,
  stringOverrideProcessor,
  ThresholdsMode,
  thresholdsOverrideProcessor,
  type TransformerRegistryItem,
  unitOverrideProcessor,
  valueMappingsOverrideProcessor,
} from '@grafana/data';
import { uniqBy } from 'lodash';

interface Property {
  name: string;
  description: string;
  editor: string;
  process: FieldConfigPropertyItem['process'];
  settings?: object;
  defaultValue?: unknown;
}

const properties: Record<FieldConfigProperty, Property> = {
  [FieldConfigProperty.DisplayName]: {
    name: 'Display name',
    description: 'Name of the field',
    editor: 'text',
    process: displayNameOverrideProcessor,
    settings: { placeholder: 'none', expandTemplateVars: true },
  },
  [FieldConfigProperty.Unit]: { name: 'Unit', description: '', editor: 'unit', process: unitOverrideProcessor },
  [FieldConfigProperty.Min]: {
    name: 'Min',
    description: 'Leave empty to take the smallest value',
    editor: 'number',
    process: numberOverrideProcessor,
    settings: { placeholder: 'auto' },
  },
  [FieldConfigProperty.Max]: {
    name: 'Max',
    description: 'Leave empty to take the largest value',
    editor: 'number',
    process: numberOverrideProcessor,
    settings: { placeholder: 'auto' },
  },
  [FieldConfigProperty.FieldMinMax]: {
    name: 'Field min/max',
    description: 'Take min and max of each field by itself',
    editor: 'boolean',
    process: booleanOverrideProcessor,
  },
  [FieldConfigProperty.Decimals]: {
    name: 'Decimals',
    description: '',
    editor: 'number',
    process: numberOverrideProcessor,
    settings: { placeholder: 'auto', min: 0, max: 15, integer: true },
  },
  [FieldConfigProperty.NoValue]: {
    name: 'No value',
    description: 'What to show when there is no value',
    editor: 'text',
    process: stringOverrideProcessor,
    settings: { placeholder: '-', expandTemplateVars: true },
  },
  [FieldConfigProperty.Color]: {
    name: 'Color scheme',
    description: '',
    editor: 'fieldColor',
    process: identityOverrideProcessor,
    settings: { byValueSupport: true, preferThresholdsMode: true },
    defaultValue: { mode: FieldColorModeId.PaletteClassic },
  },
  [FieldConfigProperty.Thresholds]: {
    name: 'Thresholds',
    description: '',
    editor: 'thresholds',
    process: thresholdsOverrideProcessor,
    defaultValue: {
      mode: ThresholdsMode.Absolute,
      steps: [
        { value: -Infinity, color: 'green' },
        { value: 80, color: 'red' },
      ],
    },
  },
  [FieldConfigProperty.Mappings]: {
    name: 'Value mappings',
    description: '',
    editor: 'mappings',
    process: valueMappingsOverrideProcessor,
    defaultValue: [],
  },
  [FieldConfigProperty.Links]: {
    name: 'Data links',
    description: '',
    editor: 'links',
    process: dataLinksOverrideProcessor,
  },
  [FieldConfigProperty.Actions]: {
    name: 'Actions',
    description: '',
    editor: 'actions',
    process: identityOverrideProcessor,
  },
  [FieldConfigProperty.Filterable]: {
    name: 'Filterable',
    description: '',
    editor: 'boolean',
    process: booleanOverrideProcessor,
  },
};

function registryItem(id: string, property: Property): FieldConfigPropertyItem {
  const { editor } = standardEditorsRegistry.get(property.editor);
  return {
    id,
    path: id,
    name: property.name,
    description: property.description,
    editor,
    override: editor,
    process: property.process,
    settings: property.settings ?? {},
    defaultValue: property.defaultValue,
    category: ['Standard options'],
    shouldApply: () => true,
    getItemsCount: (value: unknown) => (Array.isArray(value) ? value.length : 0),
  };
}

export function installFieldConfig(): void {
  standardFieldConfigEditorRegistry.setInit(() =>
    Object.entries(properties).map(([id, property]) => registryItem(id, property)),
  );
  standardTransformersRegistry.setInit(() =>
    // Some have a second name in the package, for the time before they were renamed.
    uniqBy(Object.values(standardTransformers), 'id').map((transformation): TransformerRegistryItem => ({
      id: transformation.id,
      name: transformation.name,
      description: transformation.description,
      transformation: () => Promise.resolve(transformation),
      editor: () => null,
      imageDark: '',
      imageLight: '',
    })),
  );
}
