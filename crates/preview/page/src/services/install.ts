/** Puts the services in place that Grafana's core provides at its start and that are not in its npm packages. */

import { EventBusSrv } from '@grafana/data';
import {
  type EchoSrv,
  setAppEvents,
  setBackendSrv,
  setCurrentUser,
  setDataSourceSrv,
  setEchoSrv,
  setPluginImportUtils,
  setRunRequest,
  setTemplateSrv,
} from '@grafana/runtime';
import { initializeLoggersRegistry, reloadDataSourceInstanceSettings } from '@grafana/runtime/unstable';

import { panelOrReason } from '../panels/broken';
import { cachedPanelPlugin } from '../plugins/loader';
import { createBackendSrv } from './backendSrv';
import { createDataSourceSrv } from './dataSourceSrv';
import { runRequest } from './runRequest';
import { createTemplateSrv } from './templateSrv';

/** Usage events go nowhere: the preview reports nothing to anybody. */
const silentEcho: EchoSrv = {
  addBackend: () => undefined,
  addEvent: () => undefined,
  flush: () => undefined,
  onInteraction: () => () => undefined,
};

export async function installServices(): Promise<EventBusSrv> {
  const appEvents = new EventBusSrv();
  setAppEvents(appEvents);
  setEchoSrv(silentEcho);
  initializeLoggersRegistry();
  setCurrentUser((window.grafanaBootData as { user: Parameters<typeof setCurrentUser>[0] }).user);
  setBackendSrv(createBackendSrv(appEvents));
  // Before there is a DataSourceSrv, this fills the runtime's own table from /api/frontend/settings; afterwards it would
  // only ask the service.
  await reloadDataSourceInstanceSettings();
  setDataSourceSrv(createDataSourceSrv());
  setTemplateSrv(createTemplateSrv());
  setRunRequest(runRequest);
  setPluginImportUtils({ importPanelPlugin: panelOrReason, getPanelPluginFromCache: cachedPanelPlugin });
  return appEvents;
}
