/** Loads a plugin's module.js as Grafana does: AMD through SystemJS by script tag, with the shared packages from the page. */

import 'systemjs/dist/system.js';
import 'systemjs/dist/extras/amd.js';
import 'systemjs/dist/extras/named-register.js';
import 'systemjs/dist/extras/use-default.js';

import type {
  AppPlugin,
  AppPluginMeta,
  DataSourceApi,
  DataSourcePlugin,
  DataSourcePluginMeta,
  PanelPlugin,
  PanelPluginMeta,
  PluginMeta,
} from '@grafana/data';
import { config } from '@grafana/runtime';

import { sharedModules } from './sharedModules';

/** The parts of SystemJS that its types leave to the user. */
interface SystemRegistry {
  import: (url: string) => Promise<unknown>;
  set: (id: string, module: object) => void;
  addImportMap: (map: { imports: Record<string, string> }) => void;
}

const system = System as unknown as SystemRegistry;

/** Makes the shared packages known; called once before the first plugin loads. */
export function registerSharedModules(): void {
  const imports: Record<string, string> = {};
  for (const [name, module] of Object.entries(sharedModules)) {
    imports[name] = `package:${name}`;
    system.set(`package:${name}`, module);
  }
  system.addImportMap({ imports });
}

const modules = new Map<string, Promise<unknown>>();
const panels = new Map<string, PanelPlugin>();

/**
 * The exports of a plugin's module. A failure is not remembered, so that a rebuilt plugin loads without a new page.
 * @throws with the plugin's id and the cause, in words for the person who builds the plugin.
 */
async function importModule(meta: PluginMeta): Promise<unknown> {
  const url = `${window.location.origin}/${meta.module}?_cache=${encodeURIComponent(meta.info.version)}`;
  let module = modules.get(url);
  if (!module) {
    module = system.import(url);
    modules.set(url, module);
  }
  try {
    return await module;
  } catch (cause) {
    modules.delete(url);
    throw new Error(`Plugin "${meta.id}" did not load from ${meta.module}: ${describe(cause)}`, { cause });
  }
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

async function importPlugin<T>(meta: PluginMeta): Promise<T> {
  const exports = (await importModule(meta)) as { plugin?: T };
  if (!exports.plugin) {
    throw new Error(`Plugin "${meta.id}" loaded, but its module.js exports no \`plugin\`.`);
  }
  return exports.plugin;
}

/** Puts a panel of the page itself beside those of plugins. */
export function registerPanel(id: string, name: string, plugin: PanelPlugin): void {
  plugin.meta = {
    id,
    name,
    type: 'panel',
    sort: 0,
    module: `preview/${id}`,
    baseUrl: '',
    info: {
      version: config.buildInfo.version,
      author: { name: '' },
      description: '',
      links: [],
      logos: { small: '', large: '' },
      screenshots: [],
      updated: '',
    },
  } as unknown as PanelPluginMeta;
  panels.set(id, plugin);
}

export function cachedPanelPlugin(id: string): PanelPlugin | undefined {
  return panels.get(id);
}

export async function importPanelPlugin(id: string): Promise<PanelPlugin> {
  const cached = panels.get(id);
  if (cached) {
    return cached;
  }
  const meta = config.panels[id];
  if (!meta) {
    throw new Error(
      `The preview has no panel "${id}". Grafana's own panels are not in its npm packages; this page has look-alikes of the common ones only.`,
    );
  }
  const plugin = await importPlugin<PanelPlugin>(meta);
  plugin.meta = meta;
  panels.set(id, plugin);
  return plugin;
}

export async function importDataSourcePlugin(meta: DataSourcePluginMeta): Promise<DataSourcePlugin<DataSourceApi>> {
  if (!meta.module) {
    throw new Error(`The preview has no data source plugin "${meta.id}". Only the plugins built here run in it.`);
  }
  const plugin = await importPlugin<DataSourcePlugin<DataSourceApi>>(meta);
  plugin.meta = meta;
  return plugin;
}

export async function importAppPlugin(meta: AppPluginMeta): Promise<AppPlugin> {
  const plugin = await importPlugin<AppPlugin>(meta);
  plugin.meta = meta;
  plugin.init(meta);
  return plugin;
}
