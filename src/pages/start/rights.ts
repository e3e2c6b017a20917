// What the user may do in this Grafana. It decides only what the page offers; the server checks again.
import { hasPermission } from '@grafana/runtime';

import { mayEnableApp } from '../../app';

export interface Rights {
  /** Whether the user may add a data source. */
  addSource: boolean;
  /** Whether the user may change the settings of a data source. */
  editSource: boolean;
  explore: boolean;
  /** Whether the user may enable and disable the app. */
  enableApp: boolean;
}

export function rightsOfUser(): Rights {
  return {
    addSource: hasPermission('datasources:create'),
    editSource: hasPermission('datasources:write'),
    explore: hasPermission('datasources:explore'),
    enableApp: mayEnableApp(),
  };
}
