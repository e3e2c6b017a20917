import { locationUtil, urlUtil } from '@grafana/data';

/** Id of this app, and of the data source that it carries. */
export const APP_ID = 'headroom-llm-app';
export const DATASOURCE_ID = 'headroom-llm-datasource';

/** What every dashboard of the app is tagged with, however it was installed. */
export const DASHBOARD_TAG = 'headroom';

/** Paths of the app's pages, without the address that Grafana may be served below. */
export const START_PATH = `/a/${APP_ID}`;
export const RUNS_PATH = `${START_PATH}/runs`;
const RUNBOOKS_PATH = `${START_PATH}/runbooks`;

/** The first page, about a data source where one is given. */
export function startUrl(datasource?: string): string {
  return address(START_PATH, { datasource });
}

/** The page of all runs. */
export function runsUrl(datasource?: string): string {
  return address(RUNS_PATH, { datasource });
}

/** The page of all runbooks; that of one is below it. */
export function runbooksUrl(): string {
  return address(RUNBOOKS_PATH);
}

/** A dashboard of the app, with a data source and a deployment chosen where they are given. */
export function dashboardUrl(
  uid: string,
  { datasource, deployment }: { datasource?: string; deployment?: string } = {},
) {
  return address(`/d/${encodeURIComponent(uid)}`, { 'var-datasource': datasource, 'var-deployment': deployment });
}

/** Settings of a data source. */
export function datasourceSettingsUrl(uid: string): string {
  return address(`/connections/datasources/edit/${encodeURIComponent(uid)}`);
}

/**
 * Where data sources are added. Grafana's page about one kind of them knows none that an app carries, so this is the list
 * of all.
 */
export function addDatasourceUrl(): string {
  return address('/connections/datasources/new');
}

/** The app's own page among the plugins: there it is enabled. */
export function pluginUrl(): string {
  return address(`/plugins/${APP_ID}`);
}

/** An address in this Grafana, whatever it is served below. */
export function address(path: string, parameters: Record<string, string | undefined> = {}): string {
  const given = Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined));
  return locationUtil.assureBaseUrl(urlUtil.renderUrl(path, given));
}
