import { locationUtil, urlUtil } from '@grafana/data';

/** Id of the data source that this app carries. */
export const DATASOURCE_ID = 'headroom-llm-datasource';

/** uid of the dashboard "Sizing and saturation", as in plugin.json. */
const DASHBOARD_UID = 'headroom-sizing';

/** The dashboard, with a data source and a deployment chosen where they are given. */
export function dashboardUrl(chosen: { datasource?: string; deployment?: string } = {}): string {
  const path = urlUtil.renderUrl(`/d/${DASHBOARD_UID}`, {
    ...(chosen.datasource === undefined ? {} : { 'var-datasource': chosen.datasource }),
    ...(chosen.deployment === undefined ? {} : { 'var-deployment': chosen.deployment }),
  });
  return locationUtil.assureBaseUrl(path);
}

/** Settings of a data source. */
export function datasourceSettingsUrl(uid: string): string {
  return locationUtil.assureBaseUrl(`/connections/datasources/edit/${encodeURIComponent(uid)}`);
}

/** Where data sources of our kind are added. */
export function addDatasourceUrl(): string {
  return locationUtil.assureBaseUrl(`/connections/datasources/${DATASOURCE_ID}`);
}

/** The page of all runs. */
export function runsUrl(): string {
  return locationUtil.assureBaseUrl('/a/headroom-llm-app/runs');
}
