import { PanelPlugin, type PanelPluginMeta } from '@grafana/data';
import { Alert } from '@grafana/ui';

import { importPanelPlugin } from '../plugins/loader';

/** Stands for a panel that did not load: the dashboard stays, and says what is missing and why. */
function brokenPanel(id: string, error: unknown): PanelPlugin {
  const message = error instanceof Error ? error.message : String(error);
  const plugin = new PanelPlugin(() => <Alert title={`The panel ${id} cannot be shown`}>{message}</Alert>);
  plugin.meta = { id, name: id, info: { version: '' } } as unknown as PanelPluginMeta;
  return plugin;
}

export async function panelOrReason(id: string): Promise<PanelPlugin> {
  return importPanelPlugin(id).catch((error: unknown) => brokenPanel(id, error));
}
