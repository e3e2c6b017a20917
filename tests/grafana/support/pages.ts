// What several tests do on a page.
import type { DashboardPage, Panel, PluginFixture } from '@grafana/plugin-e2e';
import { expect } from '@grafana/plugin-e2e';
import type { Page } from '@playwright/test';

import { type DashboardModel, type Shown, shown } from './dashboards.ts';
import { type Added, DATASOURCE, PANEL, RECORDED } from './environment.ts';

/** What no reader may see: a value that a program could not write, or a fault of ours. */
export const NONSENSE = /\bNaN\b|\bundefined\b|\bnull\b|\bInfinity\b|∞|\[object Object\]/;

/** Search parameters of a dashboard over the recording, on a data source. */
export function onTheRecording(source: Added, more: Record<string, string> = {}): URLSearchParams {
  const { from, to } = RECORDED;
  return new URLSearchParams({
    from: String(from),
    to: String(to),
    timezone: 'utc',
    'var-datasource': source.uid,
    ...more,
  });
}

/** Opens a shipped dashboard over the recording. Time and variables go by the address, as a link of ours has them. */
export function open(
  goto: PluginFixture['gotoDashboardPage'],
  of: Pick<DashboardModel, 'uid'>,
  source: Added,
  more: Record<string, string> = {},
): Promise<DashboardPage> {
  return goto({ uid: of.uid, queryParams: onTheRecording(source, more) });
}

/** Brings a panel on the screen and waits until it has its data. */
export async function settled(page: DashboardPage, { panel, row }: Shown): Promise<Panel> {
  const one = page.getPanelById(String(panel.id));
  if (row !== undefined && !(await one.locator.isVisible())) {
    await page.getByGrafanaSelector(page.ctx.selectors.components.DashboardRow.title(row)).click();
  }
  await one.scrollIntoView();
  await expect(one.locator, `${panel.title} is on the dashboard`).toBeVisible();
  const { loadingBar } = page.ctx.selectors.components.Panels.Panel;
  await expect(
    page.getByGrafanaSelector(loadingBar(''), { root: one.locator }),
    `${panel.title} has loaded`,
  ).toHaveCount(0);
  return one;
}

/** Every panel of a dashboard, each settled, in the order of the file. */
export async function* panels(page: DashboardPage, of: DashboardModel): AsyncGenerator<[Shown, Panel]> {
  for (const one of shown(of)) {
    yield [one, await settled(page, one)];
  }
}

/** What our panel draws: a chart, cards, a table; not the words for why there is none. */
export const PICTURE = '[data-testid^="headroom-"]:not([data-testid="headroom-no-data"])';

/** What a panel of a type is drawn with. */
const DRAWN: Record<string, string> = {
  [PANEL]: PICTURE,
  table: '[role="gridcell"]',
  timeseries: '.u-over',
  stat: '[data-testid="data-testid panel content"]',
  text: '[data-testid="TextPanel-converted-content"]',
};

/** A panel is drawn, without an error, and says nothing that no one should read. */
export async function expectDrawn({ panel }: Shown, shownAs: Panel): Promise<void> {
  await expect(shownAs.getErrorIcon(), `${panel.title} has no error`).toHaveCount(0);
  const drawn = DRAWN[panel.type];
  expect(drawn, `a way to see a ${panel.type}`).toBeDefined();
  await expect(shownAs.locator.locator(drawn ?? '').first(), `${panel.title} is drawn`).toBeVisible();
  await expect(shownAs.locator, `${panel.title} has data`).not.toContainText('No data');
  await expect(shownAs.locator, `${panel.title} is readable`).not.toContainText(NONSENSE);
}

/** The address of Explore with one query of ours over the recording. */
export function exploreUrl(source: Added, query: Record<string, unknown>): string {
  const datasource = { type: DATASOURCE, uid: source.uid };
  const pane = {
    datasource: source.uid,
    queries: [{ refId: 'A', datasource, ...query }],
    range: { from: String(RECORDED.from), to: String(RECORDED.to) },
  };
  return `/explore?schemaVersion=1&orgId=1&panes=${encodeURIComponent(JSON.stringify({ a: pane }))}`;
}

/** The menu of Grafana beside the page, as wide as it is there. */
export async function withDockedMenu(page: Page): Promise<void> {
  await page.addInitScript(() => localStorage.setItem('grafana.navigation.docked', 'true'));
}
