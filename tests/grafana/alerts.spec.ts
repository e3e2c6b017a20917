// Alert rules: every query of production can be one, and the shipped ones say where to read on.
import { expect, test } from '@grafana/plugin-e2e';

import { APP, WHOLE } from './support/environment.ts';
import { NONSENSE } from './support/pages.ts';
import { evaluate } from './support/queries.ts';

for (const queryType of [
  'live',
  'headroom',
  'overlay',
  'bottleneck',
  'drift',
  'energy',
  'cost_now',
  'verdict',
] as const) {
  test(`${queryType} is evaluated in an alert rule`, async ({ request }) => {
    const results = await evaluate(request, WHOLE, { queryType });
    expect(results.A?.error).toBeUndefined();
    expect(results.B?.error).toBeUndefined();
    expect(results.A?.frames?.length).toBeGreaterThan(0);
  });
}

test('a new alert rule asks for the headroom, and its preview works', async ({ alertRuleEditPage }) => {
  const row = await alertRuleEditPage.getQueryRow();
  await row.datasource.set(WHOLE.name);
  const sent = alertRuleEditPage.ctx.page.waitForRequest((request) => request.url().includes('/api/v1/eval'));
  const evaluated = alertRuleEditPage.evaluate();
  const { data } = (await sent).postDataJSON() as {
    data: { model: { queryType?: string; datasource?: { uid: string } } }[];
  };
  const ours = data.find(({ model }) => model.datasource?.uid === WHOLE.uid);
  expect(ours?.model.queryType).toBe('headroom');
  await expect(evaluated).toBeOK();
});

interface Rule {
  title: string;
  annotations?: Record<string, string>;
  labels?: Record<string, string>;
}

/** A page of the app; the rule puts the server's own address before it. */
const RUNBOOK = new RegExp(`/a/${APP}/runbooks/[a-z-]+\\.md`);

test('provisioned rules have runbooks that open, and labels that outlive a benchmark', async ({ request, page }) => {
  const all = (await (await request.get('/api/v1/provisioning/alert-rules')).json()) as Rule[];
  const ours = all.filter(({ annotations }) => annotations?.__dashboardUid__?.startsWith('headroom-'));
  test.skip(ours.length === 0, 'this Grafana has none of our alert rules: provisioning/alerting is not mounted');
  for (const { title, annotations = {}, labels = {} } of ours) {
    const runbook = RUNBOOK.exec(annotations.runbook_url ?? '')?.[0];
    expect(runbook, `${title}: ${annotations.runbook_url ?? 'no runbook'}`).toBeDefined();
    await page.goto(runbook ?? '');
    await expect(page.getByTestId('runbook'), title).toBeVisible();
    expect(Object.values(annotations).join('\n'), title).not.toMatch(NONSENSE);
    expect(Object.keys(labels), title).not.toContain('run');
  }
});
