// A failed query says why where it is seen, and a data source that is missing says that.
import { expect, test } from '@grafana/plugin-e2e';

import { dashboard, shown } from './support/dashboards.ts';
import { BROKEN, DATASOURCE, PANEL } from './support/environment.ts';
import { exploreUrl, open, settled } from './support/pages.ts';

test('a Prometheus that does not answer is named by every panel that asks it', async ({ gotoDashboardPage, page }) => {
  const of = dashboard('headroom-vllm');
  const dash = await open(gotoDashboardPage, of, BROKEN);
  for (const one of shown(of)
    .filter(({ panel }) => panel.type === 'timeseries')
    .slice(0, 3)) {
    const panel = await settled(dash, one);
    await expect(panel.getErrorIcon(), one.panel.title).toBeVisible();
  }
  await page.goto(exploreUrl(BROKEN, { queryType: 'live' }));
  await expect(page.getByText(/127\.0\.0\.1:9/).first()).toBeVisible();
});

test('our own panel says why it is empty', async ({ gotoDashboardPage }) => {
  const of = dashboard('headroom-sizing');
  const dash = await open(gotoDashboardPage, of, BROKEN);
  const ours = shown(of).find(
    ({ panel, row }) =>
      row === undefined && panel.type === PANEL && panel.targets?.some((target) => target.queryType === 'overlay'),
  );
  expect(ours).toBeDefined();
  const panel = await settled(dash, ours!);
  await expect(panel.locator).toContainText('127.0.0.1:9');
});

test('a data source that is not there is said to be missing', async ({ page, request }) => {
  const gone = { type: DATASOURCE, uid: 'headroom-e2e-gone' };
  const target = { refId: 'A', datasource: gone, queryType: 'curve' };
  const gridPos = { x: 0, y: 0, w: 24, h: 12 };
  const panel = { id: 1, type: PANEL, title: 'Orphan', gridPos, datasource: gone, targets: [target] };
  const uid = 'headroom-e2e-orphan';
  const saved = await request.post('/api/dashboards/db', {
    data: { dashboard: { uid, title: 'E2E orphan', panels: [panel], schemaVersion: 41 }, overwrite: true },
  });
  expect(saved.status(), await saved.text()).toBe(200);
  try {
    await page.goto(`/d/${uid}`);
    const orphan = page.locator('[data-viz-panel-key="panel-1"]');
    await expect(orphan.getByTestId('headroom-no-data')).toContainText('The data source of this panel is not there');
  } finally {
    await request.delete(`/api/dashboards/uid/${uid}`);
  }
});

test('Save & test of a Prometheus that does not answer says what to do', async ({ request }) => {
  const health = await request.get(`/api/datasources/uid/${BROKEN.uid}/health`);
  expect(health.status()).toBe(400);
  const { status, message } = (await health.json()) as { status: string; message: string };
  expect(status).toBe('ERROR');
  expect(message).toMatch(/^Prometheus: .*127\.0\.0\.1:9/);
});
