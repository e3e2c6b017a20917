// Which of the app's dashboards exist: they come with the app or from files, and users may have removed some.
import { getBackendSrv } from '@grafana/runtime';

import { DASHBOARD_TAG } from './links';

export interface Dashboard {
  uid: string;
  title: string;
}

/** uid of the dashboard with a curve, a verdict and every level. */
const SIZING = 'headroom-sizing';

/**
 * The dashboards that the user may see.
 *
 * @throws an error that `describeError` turns into text.
 */
export async function fetchDashboards(): Promise<Dashboard[]> {
  const options = { showErrorAlert: false };
  const asked = { type: 'dash-db', tag: DASHBOARD_TAG };
  const found = await getBackendSrv().get<Dashboard[]>('/api/search', asked, undefined, options);
  // The dashboard with the curve comes first.
  const first = found.filter(({ uid }) => uid === SIZING);
  return [...first, ...found.filter(({ uid }) => uid !== SIZING)].map(({ uid, title }) => ({ uid, title }));
}

/** The dashboard that shows the curves of deployments, if it is installed. */
export function sizingOf(dashboards: Dashboard[] | undefined): Dashboard | undefined {
  return dashboards?.find(({ uid }) => uid === SIZING);
}
