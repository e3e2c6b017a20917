// The app in this Grafana: its pages and its place in the menu are there only while it is enabled. Its data source and its
// panel work without that.
import { getBackendSrv, hasPermission } from '@grafana/runtime';

import { APP_ID } from './links';

/**
 * Whether the app is enabled.
 *
 * @throws what `describeError` can put into words; those who may not see the app's settings are not told.
 */
export async function fetchAppEnabled(): Promise<boolean> {
  const options = { showErrorAlert: false };
  const path = `/api/plugins/${APP_ID}/settings`;
  const { enabled } = await getBackendSrv().get<{ enabled?: boolean }>(path, undefined, undefined, options);
  return enabled === true;
}

/** Whether the user may enable the app, on its page among the plugins. The server decides again. */
export function mayEnableApp(): boolean {
  return hasPermission('plugins:write');
}
