// The shipped dashboards, read from the files that ship.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { STATUS_UID, WHOLE, root } from './environment.ts';

const FOLDER = join(root, 'provisioning/dashboards');

/** What the tests read of a panel. */
export interface PanelModel {
  id: number;
  type: string;
  title: string;
  collapsed?: boolean;
  panels?: PanelModel[];
  fieldConfig?: { defaults?: { noValue?: string } };
  targets?: { refId: string; queryType?: string }[];
}

/** What the tests read of a dashboard. */
export interface DashboardModel {
  uid: string;
  title: string;
  panels: PanelModel[];
  templating?: { list?: { name: string; type: string }[] };
}

/** A panel that shows something, with the title of the collapsed row that it is in. */
export interface Shown {
  panel: PanelModel;
  row?: string;
}

/** Every dashboard, in the order of their files. */
export const dashboards: DashboardModel[] = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.json'))
  .sort()
  .map((file) => JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as DashboardModel);

/** The dashboard of this uid. */
export function dashboard(uid: string): DashboardModel {
  const found = dashboards.find((one) => one.uid === uid);
  if (found === undefined) {
    throw new Error(`expected a dashboard ${uid} in ${FOLDER}, found ${dashboards.map((one) => one.uid).join(', ')}`);
  }
  return found;
}

/** The panels of a dashboard that show something, those in collapsed rows too. */
export function shown(of: DashboardModel): Shown[] {
  return of.panels.flatMap((panel): Shown[] =>
    panel.type === 'row' ? (panel.panels ?? []).map((inside) => ({ panel: inside, row: panel.title })) : [{ panel }],
  );
}

/** Whether a dashboard has no variables: it is for sharing, and asks the data source that the shipped provisioning adds. */
export const withoutVariables = (of: DashboardModel): boolean => (of.templating?.list ?? []).length === 0;

/** The dashboards that belong to the app: a reader chooses the data source. */
export const ofTheApp: DashboardModel[] = dashboards.filter((of) => !withoutVariables(of));

/** The dashboard for sharing on the suite's own data source, replaced in it as docs/install.md tells those with another uid. */
export const status: DashboardModel = onOwnSource();

function onOwnSource(): DashboardModel {
  const found = dashboards.find(withoutVariables);
  if (found === undefined) {
    throw new Error(`expected a dashboard without variables in ${FOLDER}: a shared one resolves none`);
  }
  const text = JSON.stringify(found).replaceAll('"uid":"headroom"', `"uid":"${WHOLE.uid}"`);
  return { ...(JSON.parse(text) as DashboardModel), uid: STATUS_UID, title: 'E2E status' };
}
