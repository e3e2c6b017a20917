// The app in this Grafana. Its pages and its menu entry exist only while it is enabled; its data source and its panel
// also work while it is disabled.
import { getBackendSrv, hasPermission } from '@grafana/runtime';

import { APP_ID } from './links';

/**
 * Whether the app is enabled.
 *
 * @throws an error that `describeError` turns into text, also if the user may not see the app's settings.
 */
export async function fetchAppEnabled(): Promise<boolean> {
  const options = { showErrorAlert: false };
  const path = `/api/plugins/${APP_ID}/settings`;
  const { enabled } = await getBackendSrv().get<{ enabled?: boolean }>(path, undefined, undefined, options);
  return enabled === true;
}

/** Whether the user may enable the app on its plugin page. The server checks this again. */
export function mayEnableApp(): boolean {
  return hasPermission('plugins:write');
}
