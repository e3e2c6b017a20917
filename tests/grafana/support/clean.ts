// What the suite adds to a Grafana, and how it is taken away again.
import { expect } from '@grafana/plugin-e2e';
import type { APIRequestContext } from '@playwright/test';

import { BARE, BROKEN, ROLES, STATUS_UID, WHOLE } from './environment.ts';

/** Removes the suite's dashboard, data sources and users, also those that an interrupted run left. */
export async function clean(request: APIRequestContext): Promise<void> {
  const dashboard = await request.delete(`/api/dashboards/uid/${STATUS_UID}`);
  expect([200, 404], `removing the dashboard ${STATUS_UID}: ${await dashboard.text()}`).toContain(dashboard.status());
  for (const { uid } of [WHOLE, BARE, BROKEN]) {
    const response = await request.delete(`/api/datasources/uid/${uid}`);
    expect([200, 404], `removing the data source ${uid}: ${await response.text()}`).toContain(response.status());
  }
  for (const { user } of ROLES) {
    const found = await request.get(`/api/users/lookup?loginOrEmail=${user}`);
    if (found.status() === 404) {
      continue;
    }
    const { id } = (await found.json()) as { id: number };
    const response = await request.delete(`/api/admin/users/${id}`);
    expect(response.status(), `removing the user ${user}: ${await response.text()}`).toBe(200);
  }
}
