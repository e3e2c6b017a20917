// A new panel and Explore find our picture by themselves.
import { expect, gte, resolveGrafanaSelector, test } from '@grafana/plugin-e2e';
import type { Page } from '@playwright/test';

import { DEFAULTS } from '../../src/generated/contract.ts';
import { dashboard, shown } from './support/dashboards.ts';
import { PANEL, WHOLE } from './support/environment.ts';
import { NONSENSE, PICTURE, exploreUrl, onTheRecording } from './support/pages.ts';
import { ask } from './support/queries.ts';

const chart = (page: Page) => page.getByTestId('headroom-chart').first();

test('a new panel asks for the curve, and our panel draws it', async ({ panelEditPage, page }) => {
  const sent = panelEditPage.waitForQueryDataRequest((request) => request.postData()?.includes(WHOLE.uid) ?? false);
  await panelEditPage.datasource.set(WHOLE.name);
  const { queries } = (await sent).postDataJSON() as { queries: { queryType?: string }[] };
  // A query that says no kind means the default one.
  expect(queries.map(({ queryType }) => queryType ?? DEFAULTS.queryType)).toEqual(['curve']);
  await panelEditPage.setVisualization('Headroom: LLM saturation');
  await expect(chart(page)).toBeVisible();
  await expect(chart(page)).toHaveAttribute('aria-label', /\d+ levels/);
});

test('our panel is among the suggestions', async ({
  panelEditPage,
  page,
  grafanaVersion,
  selectors,
  isLegacyFeatureToggleEnabled,
}) => {
  const toggle = 'externalVizSuggestions';
  test.skip(
    !gte(grafanaVersion, '13.0.0') && !(await isLegacyFeatureToggleEnabled<Record<typeof toggle, boolean>>(toggle)),
    `suggestions of panels that are not part of Grafana are there from 13 on, in 12.4 with the feature toggle ${toggle}`,
  );
  await panelEditPage.datasource.set(WHOLE.name);
  const card = panelEditPage.getByGrafanaSelector(selectors.components.VisualizationPreview.card('Headroom'), {
    startsWith: true,
  });
  if (!(await card.first().isVisible())) {
    await panelEditPage.getByGrafanaSelector(selectors.components.PanelEditor.toggleVizPicker).click();
  }
  await card.first().click();
  await expect(chart(page)).toBeVisible();
});

for (const word of ['llm', 'saturation', 'headroom']) {
  test(`our panel is found by "${word}"`, async ({ request }) => {
    const { name } = (await (await request.get(`/api/plugins/${PANEL}/settings`)).json()) as { name: string };
    // Grafana's list of visualizations searches in names, and in nothing else.
    expect(name.toLowerCase()).toContain(word);
  });
}

for (const queryType of ['curve', 'verdict'] as const) {
  test(`Explore draws ${queryType} with our panel`, async ({ page, request }) => {
    const { frames } = await ask(request, WHOLE, { queryType });
    expect(frames?.[0]?.schema.meta?.preferredVisualisationPluginId).toBe(PANEL);
    await page.goto(exploreUrl(WHOLE, { queryType }));
    const ours = page.locator(PICTURE).first();
    await expect(ours).toBeVisible();
    await expect(ours).not.toContainText(NONSENSE);
  });
}

for (const queryType of ['levels', 'live', 'headroom', 'bottleneck', 'drift', 'cost_now'] as const) {
  test(`Explore shows ${queryType}`, async ({ page, selectors }) => {
    const answered = page.waitForResponse((response) => response.url().includes('/api/ds/query'));
    await page.goto(exploreUrl(WHOLE, { queryType }));
    expect((await answered).status()).toBe(200);
    const explore = page.getByTestId(selectors.pages.Explore.General.container);
    await expect(explore.locator('.u-over, [role="gridcell"], [data-testid^="headroom-"]').first()).toBeVisible();
    await expect(page.getByTestId(selectors.components.Alert.alertV2('error'))).toHaveCount(0);
  });
}

test('options that our panel follows are offered, and no others', async ({ page, selectors }) => {
  const of = dashboard('headroom-sizing');
  const one = shown(of).find(({ panel, row }) => panel.type === PANEL && row === undefined);
  expect(one).toBeDefined();
  await page.goto(`/d/${of.uid}?${onTheRecording(WHOLE, { editPanel: String(one?.panel.id) }).toString()}`);
  const group = (title: string) => page.locator(resolveGrafanaSelector(selectors.components.OptionsGroup.group(title)));
  await expect(group('Panel options')).toBeVisible();
  await expect(group(selectors.constants.OptionsGroup.dataLinksTitle)).toHaveCount(1);
  for (const title of ['Value mappings', 'Thresholds']) {
    await expect(group(title), `${title} would do nothing`).toHaveCount(0);
  }
});
