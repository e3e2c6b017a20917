// Snapshots, and the dashboard that can be shared with anyone.
import { DashboardPage, expect, test } from '@grafana/plugin-e2e';

import { dashboard, ofTheApp, shown, status } from './support/dashboards.ts';
import { PANEL, WHOLE } from './support/environment.ts';
import { NONSENSE, PICTURE, expectDrawn, open, panels, recorded, settled } from './support/pages.ts';

for (const uid of ['headroom-sizing', 'headroom-economics', 'headroom-fleet']) {
  const of = dashboard(uid);
  test(`a snapshot of ${of.title} is whole`, async ({ gotoDashboardPage, page, selectors, request }) => {
    const dash = await open(gotoDashboardPage, of, WHOLE);
    const all = shown(of).filter(({ row }) => row === undefined);
    // What was not on the screen has no data to be kept.
    for (const one of all) {
      await settled(dash, one);
    }
    await page.evaluate(() => window.scrollTo(0, 0));
    const { newShareButton } = selectors.pages.Dashboard.DashNav;
    await dash.getByGrafanaSelector(newShareButton.arrowMenu).click();
    await dash.getByGrafanaSelector(newShareButton.menu.shareSnapshot).click();
    const stored = page.waitForResponse(
      (response) => response.request().method() === 'POST' && response.url().includes('snapshots'),
    );
    await dash.getByGrafanaSelector(selectors.pages.ShareDashboardDrawer.ShareSnapshot.publishSnapshot).click();
    const { key, deleteKey } = (await (await stored).json()) as { key: string; deleteKey: string };
    expect(key).toBeTruthy();
    try {
      await page.goto(selectors.pages.ShareDashboardDrawer.ShareSnapshot.url(key));
      for (const one of all) {
        const panel = dash.getPanelById(String(one.panel.id));
        await panel.scrollIntoView();
        await expect(panel.locator, one.panel.title).toBeVisible();
        await expect(panel.getErrorIcon(), one.panel.title).toHaveCount(0);
        await expect(panel.locator, one.panel.title).not.toContainText(NONSENSE);
        await expect(panel.locator, one.panel.title).not.toContainText(/unexpected error|Error loading|No data/i);
        if (one.panel.type === PANEL) {
          await expect(panel.locator.locator(PICTURE).first(), one.panel.title).toBeVisible();
        }
      }
    } finally {
      await request.get(`/api/snapshots-delete/${deleteKey}`);
    }
  });
}

test('one dashboard works for those who have no account', async ({
  request,
  browser,
  baseURL,
  selectors,
  grafanaVersion,
}) => {
  const path = `/api/dashboards/uid/${status.uid}/public-dashboards`;
  const existing = await request.get(path);
  if (existing.ok()) {
    const { uid: left } = (await existing.json()) as { uid: string };
    await request.delete(`${path}/${left}`);
  }
  const shared = await request.post(path, {
    data: { isEnabled: true, share: 'public', timeSelectionEnabled: true, annotationsEnabled: false },
  });
  expect(shared.status(), await shared.text()).toBe(200);
  const { uid: share, accessToken } = (await shared.json()) as { uid: string; accessToken: string };
  const anybody = await browser.newContext({
    storageState: { cookies: [], origins: [] },
    ...(baseURL ? { baseURL } : {}),
  });
  try {
    const page = await anybody.newPage();
    await page.goto(`/public-dashboards/${accessToken}?${new URLSearchParams(recorded()).toString()}`);
    const ctx = { page, selectors, grafanaVersion, request: anybody.request, testInfo: test.info() };
    for await (const [one, panel] of panels(new DashboardPage(ctx, { uid: status.uid }), status)) {
      await expectDrawn(one, panel);
    }
  } finally {
    await anybody.close();
    await request.delete(`${path}/${share}`);
  }
});

for (const of of ofTheApp) {
  test(`${of.title} says why it cannot be shared with everyone`, () => {
    const { description = '' } = of as { description?: string };
    const notes = of.panels.map((panel) => (panel as { options?: { content?: string } }).options?.content ?? '');
    expect([description, ...notes].join('\n')).toMatch(/shared externally/);
  });
}
