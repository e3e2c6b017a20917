import { PanelPlugin } from '@grafana/data';
import { type HideableFieldConfig } from '@grafana/schema';

import { FIELD_CONFIG } from './fieldConfig';
import { HeadroomPanel } from './HeadroomPanel';
import { addOptions, type Options } from './options';
import { suggestions } from './suggestions';

export const plugin = new PanelPlugin<Options, HideableFieldConfig>(HeadroomPanel)
  .setPanelOptions(addOptions)
  .setSuggestionsSupplier(suggestions)
  .useFieldConfig(FIELD_CONFIG);
