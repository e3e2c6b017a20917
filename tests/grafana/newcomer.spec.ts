// The first ten minutes: the app's page, the data source, a curve, and no dead link on the way.
import { expect, resolveGrafanaSelector, test } from '@grafana/plugin-e2e';
import type { Page } from '@playwright/test';

import { ofTheApp } from './support/dashboards.ts';
import { APP, DATASOURCE, REPORTS } from './support/environment.ts';
import { NONSENSE } from './support/pages.ts';

const NAME = 'E2E by hand';

/** The addresses within Grafana that a page links to, without what only asks for a download or an anchor. */
async function links(page: Page): Promise<string[]> {
  const main = page.getByRole('main').or(page.locator('#pageContent')).first();
  await expect(main).toBeVisible();
  const found = await main.locator('a[href]').evaluateAll((anchors) =>
    anchors
      .map((anchor) => new URL((anchor as HTMLAnchorElement).href))
      .filter((url) => url.origin === window.location.origin)
      .map((url) => url.pathname + url.search),
  );
  return [...new Set(found)];
}

test('every link of the app leads somewhere', async ({ page, gotoAppPage, selectors }) => {
  const start = await gotoAppPage({ pluginId: APP });
  await expect(page).toHaveURL(new RegExp(`/a/${APP}`));
  const steps = page.getByTestId('headroom-steps').getByRole('listitem');
  await expect(steps.first()).toBeVisible();
  await expect(page.locator('[data-state="loading"]'), 'every step has looked').toHaveCount(0);
  const seen = new Set<string>();
  const open = await links(page);
  expect(open.length, 'the app page links to its next steps').toBeGreaterThan(0);
  for (let link = open.pop(); link !== undefined; link = open.pop()) {
    if (seen.has(link)) {
      continue;
    }
    seen.add(link);
    await page.goto(link);
    await page.waitForLoadState('networkidle');
    await expect(start.getByGrafanaSelector(selectors.components.EntityNotFound.container), link).toHaveCount(0);
    await expect(
      page.getByText(
        /Plugin not found|Unknown datasource|Page not found|Dashboard not found|There is no such|has no such page/,
      ),
      link,
    ).toHaveCount(0);
    // One level deeper, within the app.
    if (link.includes(`/a/${APP}`)) {
      await expect(page.locator('body'), link).not.toContainText(NONSENSE);
      open.push(...(await links(page)));
    }
  }
});

test('the page of runs says that it is that, and lists them', async ({ page, gotoAppPage }) => {
  await gotoAppPage({ pluginId: APP, path: '/runs' });
  await expect(page.getByRole('heading', { name: 'Runs' }).first()).toBeVisible();
  await expect(page.getByText('tiny-llama-bf16').first()).toBeVisible();
});

for (const { uid, title } of ofTheApp) {
  test(`the dashboard ${title} is there`, async ({ request }) => {
    const response = await request.get(`/api/dashboards/uid/${uid}`);
    expect(response.status(), `${uid} by the app or by provisioning`).toBe(200);
    const { dashboard } = (await response.json()) as { dashboard: { title: string } };
    expect(dashboard.title).toBe(title);
  });
}

test('a data source is added by hand and finds the reports', async ({ page, request, selectors }) => {
  // What an interrupted run left.
  await removed();
  await page.goto('/connections/datasources/new');
  await page.locator(resolveGrafanaSelector(selectors.pages.AddDataSource.dataSourcePluginsV2('Headroom'))).click();
  await expect(page).toHaveURL(/\/connections\/datasources\/edit\//);
  const uid = new URL(page.url()).pathname.split('/').pop() ?? '';
  await page.locator(resolveGrafanaSelector(selectors.pages.DataSource.name)).fill(NAME);
  await page.getByPlaceholder('/var/lib/headroom/reports').fill(REPORTS);
  const health = page.waitForResponse((response) => response.url().includes(`/api/datasources/uid/${uid}/health`));
  await page.locator(resolveGrafanaSelector(selectors.pages.DataSource.saveAndTest)).click();
  expect((await health).status()).toBe(200);
  const said = page.locator(resolveGrafanaSelector(selectors.components.Alert.alertV2('success')));
  await expect(said.filter({ hasText: '8 reports' })).toBeVisible();
  await removed();

  async function removed() {
    const found = await request.get(`/api/datasources/name/${encodeURIComponent(NAME)}`);
    if (found.ok()) {
      const { uid: left, type } = (await found.json()) as { uid: string; type: string };
      expect(type).toBe(DATASOURCE);
      expect((await request.delete(`/api/datasources/uid/${left}`)).status()).toBe(200);
    }
  }
});
