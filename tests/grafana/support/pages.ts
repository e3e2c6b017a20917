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
  return new URLSearchParams({ ...recorded(), 'var-datasource': source.uid, ...more });
}

/** The same for a dashboard that has no data source to choose. */
export function recorded(): Record<'from' | 'to' | 'timezone', string> {
  const { from, to } = RECORDED;
  return { from: String(from), to: String(to), timezone: 'utc' };
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

/** What our panel draws: a chart, cards, a table; not notes beside it, and not the words for why there is none. */
export const PICTURE = ['chart', 'verdict', 'comparison', 'what-if']
  .map((id) => `[data-testid="headroom-${id}"]`)
  .join();

/** What a panel of a type is drawn with, and the text that it has where that tells a picture from an empty one. */
const DRAWN: Record<string, { at: string; text?: RegExp }> = {
  [PANEL]: { at: PICTURE },
  table: { at: '[role="gridcell"]', text: /\S/ },
  timeseries: { at: '.u-over' },
  stat: { at: '[data-testid="data-testid panel content"]', text: /\d/ },
};

/** A panel has something to see. */
export async function expectPicture({ panel }: Shown, { locator }: Panel): Promise<void> {
  const drawn = DRAWN[panel.type];
  if (drawn === undefined) {
    throw new Error(`expected a panel of ${Object.keys(DRAWN).join(', ')}, found ${panel.type}: ${panel.title}`);
  }
  const { at, text } = drawn;
  const places = locator.locator(at).filter(text === undefined ? {} : { hasText: text });
  await expect(places.first(), `${panel.title} is drawn`).toBeVisible();
}

/** A panel is drawn, without an error, and says nothing that no one should read. */
export async function expectDrawn(one: Shown, shownAs: Panel): Promise<void> {
  const { title, fieldConfig } = one.panel;
  await expect(shownAs.getErrorIcon(), `${title} has no error`).toHaveCount(0);
  await expectPicture(one, shownAs);
  for (const empty of ['No data', fieldConfig?.defaults?.noValue].filter((text) => text !== undefined)) {
    await expect(shownAs.locator, `${title} has data`).not.toContainText(empty);
  }
  await expect(shownAs.locator, `${title} is readable`).not.toContainText(NONSENSE);
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
