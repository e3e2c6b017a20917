import './bootData';

import { initPluginTranslations } from '@grafana/i18n';
import { loadResources } from '@grafana/scenes';
import { createRoot } from 'react-dom/client';

import { registerPanels } from './panels/register';
import { registerSharedModules } from './plugins/loader';
import { installServices } from './services/install';
import { App } from './shell/App';
import { installEditors } from './standards/editors';
import { installFieldConfig } from './standards/fieldConfig';

async function start(): Promise<void> {
  const root = document.getElementById('root');
  if (!root) {
    return;
  }
  try {
    await initPluginTranslations('grafana-scenes', [loadResources]);
    registerSharedModules();
    installEditors();
    installFieldConfig();
    registerPanels();
    const appEvents = await installServices();
    createRoot(root).render(<App appEvents={appEvents} />);
  } catch (error) {
    // Nothing else is there yet to show it.
    root.textContent = `The preview's page did not start: ${String(error)}`;
    throw error;
  }
}

void start();
