// Which of the app's dashboards there are: they may come with the app or from files, and anyone may have removed some.
import { getBackendSrv } from '@grafana/runtime';

import { DASHBOARD_TAG } from './links';

export interface Dashboard {
  uid: string;
  title: string;
}

/** uid of the dashboard that has a curve, a verdict and every level. */
const SIZING = 'headroom-sizing';

/**
 * The dashboards that the user may see.
 *
 * @throws what `describeError` can put into words.
 */
export async function fetchDashboards(): Promise<Dashboard[]> {
  const options = { showErrorAlert: false };
  const asked = { type: 'dash-db', tag: DASHBOARD_TAG };
  const found = await getBackendSrv().get<Dashboard[]>('/api/search', asked, undefined, options);
  // The curve comes first.
  const first = found.filter(({ uid }) => uid === SIZING);
  return [...first, ...found.filter(({ uid }) => uid !== SIZING)].map(({ uid, title }) => ({ uid, title }));
}

/** The dashboard to look at the curves of deployments with, if it is there. */
export function sizingOf(dashboards: Dashboard[] | undefined): Dashboard | undefined {
  return dashboards?.find(({ uid }) => uid === SIZING);
}
