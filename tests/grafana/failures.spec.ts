// A failed query says why where it is seen, and a data source that is missing says that.
import { expect, test } from '@grafana/plugin-e2e';

import { dashboard, shown } from './support/dashboards.ts';
import { BROKEN, PANEL } from './support/environment.ts';
import { exploreUrl, onTheRecording, open, settled } from './support/pages.ts';

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

test('a data source that is not there is said to be missing', async ({ page, selectors }) => {
  const of = dashboard('headroom-sizing');
  const gone = { uid: 'headroom-e2e-gone', name: '' };
  await page.goto(`/d/${of.uid}?${onTheRecording(gone).toString()}`);
  const panel = page.locator('[data-viz-panel-key]').first();
  await expect(panel).toBeVisible();
  await expect(panel).toContainText(/data ?source/i);
  await expect(page.getByTestId(selectors.components.Panels.Panel.status('error')).first()).toBeVisible();
});

test('Save & test of a Prometheus that does not answer says what to do', async ({ request }) => {
  const health = await request.get(`/api/datasources/uid/${BROKEN.uid}/health`);
  expect(health.status()).toBe(400);
  const { status, message } = (await health.json()) as { status: string; message: string };
  expect(status).toBe('ERROR');
  expect(message).toMatch(/^Prometheus: .*127\.0\.0\.1:9/);
});
