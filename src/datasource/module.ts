import { DataSourcePlugin } from '@grafana/data';

import { ConfigEditor } from './components/ConfigEditor';
import { QueryEditor } from './components/QueryEditor';
import { QueryEditorHelp } from './components/QueryEditorHelp';
import { HeadroomDataSource } from './datasource';
import type { HeadroomJsonData, HeadroomQuery } from './types';

export const plugin = new DataSourcePlugin<HeadroomDataSource, HeadroomQuery, HeadroomJsonData>(HeadroomDataSource)
  .setConfigEditor(ConfigEditor)
  .setQueryEditor(QueryEditor)
  .setQueryEditorHelp(QueryEditorHelp);
