/** `DataSourceSrv`: which data sources there are, and an instance of each made by its own plugin. */

import {
  type DataSourceApi,
  type DataSourceInstanceSettings,
  type DataSourceRef,
  matchPluginId,
  type ScopedVars,
} from '@grafana/data';
import {
  config,
  type DataSourceSrv,
  type GetDataSourceListFilters,
  getBackendSrv,
  getTemplateSrv,
  type RuntimeDataSourceRegistration,
} from '@grafana/runtime';

import { importDataSourcePlugin } from '../plugins/loader';

type Ref = DataSourceRef | string | null | undefined;

interface FrontendSettings {
  datasources: Record<string, DataSourceInstanceSettings>;
  defaultDatasource: string;
}

const MIXED = '-- Mixed --';

function nameOf(ref: Ref): string {
  return (typeof ref === 'string' ? ref : ref?.uid) ?? '';
}

function matches(settings: DataSourceInstanceSettings, filters: GetDataSourceListFilters): boolean {
  const { meta } = settings;
  const types = filters.type === undefined ? [] : [filters.type].flat();
  const abilities = ['metrics', 'tracing', 'logs', 'annotations', 'alerting'] as const;
  return (
    abilities.every((ability) => !filters[ability] || Boolean(meta[ability])) &&
    (!filters.pluginId || matchPluginId(filters.pluginId, meta)) &&
    (types.length === 0 || types.includes(settings.type)) &&
    (!filters.filter || filters.filter(settings))
  );
}

export function createDataSourceSrv(): DataSourceSrv {
  const instances = new Map<string, Promise<DataSourceApi>>();
  const runtime = new Map<string, DataSourceApi>();

  const all = (): DataSourceInstanceSettings[] => Object.values(config.datasources);

  function getInstanceSettings(ref: Ref, scopedVars?: ScopedVars): DataSourceInstanceSettings | undefined {
    const asked = nameOf(ref);
    if (asked === '' || asked === 'default') {
      const type = typeof ref === 'object' ? ref?.type : undefined;
      const list = all();
      return (
        list.find((one) => one.isDefault && (!type || one.type === type)) ??
        list.find((one) => (type ? one.type === type : true))
      );
    }
    const name = asked.includes('$') ? getTemplateSrv().replace(asked, scopedVars) : asked;
    const found = all().find((one) => one.uid === name || one.name === name);
    if (!found || name === asked) {
      return found;
    }
    // The caller must be able to store the variable and not what it stands for now.
    return { ...found, isDefault: false, name: asked, uid: asked, rawRef: { type: found.type, uid: found.uid } };
  }

  async function instantiate(settings: DataSourceInstanceSettings): Promise<DataSourceApi> {
    const plugin = await importDataSourcePlugin(settings.meta);
    const instance = new plugin.DataSourceClass(settings);
    instance.components = plugin.components;
    instance.meta = settings.meta;
    return instance;
  }

  async function get(ref?: Ref, scopedVars?: ScopedVars): Promise<DataSourceApi> {
    const asked = nameOf(ref);
    const registered = runtime.get(asked);
    if (registered) {
      return registered;
    }
    if (asked === MIXED) {
      throw new Error('The preview has no mixed data source: give the panel one data source for all its queries.');
    }
    const shown = getInstanceSettings(ref, scopedVars);
    if (!shown) {
      const known = all()
        .map((one) => one.uid)
        .join(', ');
      throw new Error(`Data source "${asked}" was not found. The provisioned ones are: ${known || 'none'}.`);
    }
    const settings = all().find((one) => one.uid === (shown.rawRef?.uid ?? shown.uid)) ?? shown;
    let instance = instances.get(settings.uid);
    if (!instance) {
      instance = instantiate(settings);
      instances.set(settings.uid, instance);
    }
    return instance;
  }

  function getList(filters: GetDataSourceListFilters = {}): DataSourceInstanceSettings[] {
    const list = all().filter((one) => matches(one, filters));
    return list.sort((a, b) => a.name.localeCompare(b.name));
  }

  return {
    get,
    getList,
    getInstanceSettings,
    reload: async () => {
      const settings = await getBackendSrv().get<FrontendSettings>('/api/frontend/settings');
      config.datasources = settings.datasources;
      config.defaultDatasource = settings.defaultDatasource;
      instances.clear();
    },
    registerRuntimeDataSource: ({ dataSource }: RuntimeDataSourceRegistration) => {
      runtime.set(dataSource.uid, dataSource);
    },
  };
}
