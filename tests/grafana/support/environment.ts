// What the suite is told about the Grafana that it runs against, and what it knows of the recordings in `demo`.
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';

import type { OrgRole } from '@grafana/plugin-e2e';

export const root = resolve(import.meta.dirname, '../../..');

/**
 * A variable of the environment; the other value where it is not set or empty. It is set then: provisioning files name
 * these variables, and Playwright's workers inherit them.
 */
function variable(name: string, otherwise: string): string {
  const value = process.env[name];
  return (process.env[name] = value === undefined || value === '' ? otherwise : value);
}

/** Where Grafana answers: at the root of its address, which is what plugin-e2e expects. */
export const GRAFANA_URL = variable('GRAFANA_URL', 'http://127.0.0.1:3000');
/** The folder with the reports of `demo/reports`, as the Grafana server sees it; the default is that of `docker-compose.yaml`. */
export const REPORTS = variable('HEADROOM_REPORTS', '/var/lib/headroom/reports');
/** A Prometheus on the recording of `demo/prometheus`, as the Grafana server reaches it; the default is that of `docker-compose.yaml`. */
export const PROMETHEUS_URL = variable('HEADROOM_PROMETHEUS_URL', 'http://prometheus:9090');
/** A Chromium or Chrome that is there already; without one Playwright takes what `npx playwright install` put there. */
export const CHROMIUM = process.env.CHROMIUM;

/** The administrator; plugin-e2e reads the same variable, and the password from `GRAFANA_ADMIN_PASSWORD`. */
export const ADMIN_USER = variable('GRAFANA_ADMIN_USER', 'admin');

export const APP = 'headroom-llm-app';
export const DATASOURCE = 'headroom-llm-datasource';
export const PANEL = 'headroom-llm-panel';

/** The recording, milliseconds since the Unix epoch: to where the second server is saturated, as the demo shows it. */
export const RECORDED = { from: Date.UTC(2026, 10, 24, 4, 17, 5), to: Date.UTC(2026, 10, 24, 4, 36, 10) };

/** A data source that the suite adds. No name begins another one: a picker takes the first that matches. */
export interface Added {
  uid: string;
  name: string;
}

/** Reports, prices and production. */
export const WHOLE: Added = { uid: 'headroom-e2e', name: 'E2E whole' };
/** Reports alone: no price, no GPU count, no Prometheus. */
export const BARE: Added = { uid: 'headroom-e2e-bare', name: 'E2E bare' };
/** Reports, and a Prometheus that nobody serves. */
export const BROKEN: Added = { uid: 'headroom-e2e-broken', name: 'E2E broken' };

/** The dashboard for sharing, as the suite brings it. */
export const STATUS_UID = 'headroom-e2e-status';

interface Member {
  role: OrgRole;
  user: string;
  password: string;
}

const password = variable('HEADROOM_E2E_PASSWORD', randomUUID());

/** One user of each role below the administrator. They exist while the suite runs. */
export const ROLES: Member[] = (['Viewer', 'Editor', 'None'] as const).map((role) => ({
  role,
  user: `headroom-e2e-${role.toLowerCase()}`,
  password,
}));
