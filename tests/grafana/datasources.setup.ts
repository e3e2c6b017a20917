// Before everything: the plugin is there and on, and the data sources of the suite are added. Nothing is installed.
import { expect, test as setup } from '@grafana/plugin-e2e';

import { clean } from './support/clean.ts';
import { status } from './support/dashboards.ts';
import { APP, BARE, BROKEN, DATASOURCE, PANEL, REPORTS, WHOLE } from './support/environment.ts';

setup('the app and its parts are there', async ({ request }) => {
  for (const id of [APP, DATASOURCE, PANEL]) {
    const response = await request.get(`/api/plugins/${id}/settings`);
    expect(response.status(), `${id}: install the zip, and allow all three parts to load unsigned`).toBe(200);
  }
  const settings = (await (await request.get(`/api/plugins/${APP}/settings`)).json()) as { enabled: boolean };
  if (!settings.enabled) {
    const response = await request.post(`/api/plugins/${APP}/settings`, { data: { enabled: true, pinned: true } });
    expect(response.ok(), await response.text()).toBe(true);
  }
});

setup('data sources are added', async ({ request, readProvisionedDataSource }) => {
  await clean(request);
  // With the demo's prices: every view of cost is drawn.
  const { jsonData } = await readProvisionedDataSource<Record<string, unknown>>({ fileName: 'headroom.yaml' });
  const store = { storeKind: 'directory', storePath: REPORTS };
  for (const [{ uid, name }, settings] of [
    [WHOLE, jsonData],
    [BARE, store],
    // Nobody listens on the port of the discard protocol.
    [BROKEN, { ...store, prometheusUrl: 'http://127.0.0.1:9' }],
  ] as const) {
    const response = await request.post('/api/datasources', {
      data: { uid, name, type: DATASOURCE, access: 'proxy', jsonData: settings },
    });
    expect(response.status(), `adding ${name}: ${await response.text()}`).toBe(200);
  }
  for (const { uid } of [WHOLE, BARE]) {
    const health = await request.get(`/api/datasources/uid/${uid}/health`);
    const { status, message } = (await health.json()) as { status: string; message: string };
    expect(status, `HEADROOM_REPORTS and HEADROOM_PROMETHEUS_URL, as the server sees them: ${message}`).toBe('OK');
    expect(message, 'the reports of demo/reports are read').toMatch(/^8 reports/);
  }
});

setup('the dashboard for sharing is added', async ({ request }) => {
  const saved = await request.post('/api/dashboards/db', { data: { dashboard: status, overwrite: true } });
  expect(saved.status(), await saved.text()).toBe(200);
});
