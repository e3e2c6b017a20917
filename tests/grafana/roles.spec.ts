// What each role may do; the project that runs this says which role it is.
import { expect, test } from '@grafana/plugin-e2e';

import { dashboard } from './support/dashboards.ts';
import { APP, WHOLE } from './support/environment.ts';
import { expectDrawn, open, settled } from './support/pages.ts';
import { ask } from './support/queries.ts';

const resources = `/api/datasources/uid/${WHOLE.uid}/resources`;

test('who may read, reads', async ({ request, user }) => {
  const reads = user?.role !== 'None';
  const runs = await request.get(`${resources}/runs`);
  expect(runs.status()).toBe(reads ? 200 : 403);
  const { status, error } = await ask(request, WHOLE, { queryType: 'verdict' });
  expect(status === 200, error).toBe(reads);
});

test('only those who may change reports have the store read anew', async ({ request, user }) => {
  const response = await request.post(`${resources}/refresh`, { data: {} });
  expect(response.status()).toBe(user?.role === 'Editor' ? 200 : 403);
});

test('settings with their secrets are for administrators', async ({ request }) => {
  expect((await request.put(`/api/datasources/uid/${WHOLE.uid}`, { data: {} })).status()).toBe(403);
});

test('the dashboard is drawn for readers', async ({ gotoDashboardPage, user }) => {
  test.skip(user?.role === 'None', 'nobody without a role sees a dashboard');
  const of = dashboard('headroom-sizing');
  const [panel] = of.panels.filter((one) => one.type !== 'row').map((one) => ({ panel: one }));
  const page = await open(gotoDashboardPage, of, WHOLE);
  await expectDrawn(panel!, await settled(page, panel!));
});

test('the page of runs is for readers', async ({ gotoAppPage, page, user }) => {
  const answered: number[] = [];
  page.on('response', (response) => {
    if (/\/resources\/runs(\?|$)/.test(response.url())) {
      answered.push(response.status());
    }
  });
  await gotoAppPage({ pluginId: APP, path: '/runs' });
  const run = page.getByText('tiny-llama-bf16').first();
  // A page that has not come to its end shows no run either.
  await page.waitForLoadState('networkidle');
  if (user?.role === 'None') {
    expect(answered, 'nobody answered with runs').not.toContain(200);
    await expect(run).toHaveCount(0);
  } else {
    // The same address is asked for those who may read: without this the check above could look for the wrong one.
    await expect(run).toBeVisible();
    expect(answered).toContain(200);
  }
});
