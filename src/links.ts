import { locationUtil, urlUtil } from '@grafana/data';

/** Id of this app and of its data source. */
export const APP_ID = 'headroom-llm-app';
export const DATASOURCE_ID = 'headroom-llm-datasource';

/** The tag of every dashboard of the app, however it was installed. */
export const DASHBOARD_TAG = 'headroom';

/** Paths of the app's pages, without the sub-path that Grafana may be served below. */
export const START_PATH = `/a/${APP_ID}`;
export const RUNS_PATH = `${START_PATH}/runs`;
const RUNBOOKS_PATH = `${START_PATH}/runbooks`;

/** The first page, for a data source if one is given. */
export function startUrl(datasource?: string): string {
  return address(START_PATH, { datasource });
}

/** The page with all runs. */
export function runsUrl(datasource?: string): string {
  return address(RUNS_PATH, { datasource });
}

/** The page with all runbooks; the page of each runbook is below it. */
export function runbooksUrl(): string {
  return address(RUNBOOKS_PATH);
}

/** A dashboard of the app, with the given data source and deployment chosen. */
export function dashboardUrl(
  uid: string,
  { datasource, deployment }: { datasource?: string; deployment?: string } = {},
) {
  return address(`/d/${encodeURIComponent(uid)}`, { 'var-datasource': datasource, 'var-deployment': deployment });
}

/** The settings of a data source. */
export function datasourceSettingsUrl(uid: string): string {
  return address(`/connections/datasources/edit/${encodeURIComponent(uid)}`);
}

/**
 * Where data sources are added. This is the list of all kinds, because Grafana's page about a single kind does not find
 * data sources that are part of an app.
 */
export function addDatasourceUrl(): string {
  return address('/connections/datasources/new');
}

/** The app's own page among the plugins, where it is enabled. */
export function pluginUrl(): string {
  return address(`/plugins/${APP_ID}`);
}

/** An address in this Grafana, including the sub-path that it may be served below. */
export function address(path: string, parameters: Record<string, string | undefined> = {}): string {
  const given = Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined));
  return locationUtil.assureBaseUrl(urlUtil.renderUrl(path, given));
}
