// What the user may do in this Grafana. The server decides again; here it decides what is offered.
import { hasPermission } from '@grafana/runtime';

import { mayEnableApp } from '../../app';

export interface Rights {
  /** Add a data source. */
  addSource: boolean;
  /** Change the settings of one. */
  editSource: boolean;
  explore: boolean;
  /** Enable and disable the app. */
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
