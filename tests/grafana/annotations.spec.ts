// Episodes of saturation and benchmarks are regions, and none is drawn before someone wants it.
import { type DashboardPage, expect, test } from '@grafana/plugin-e2e';

import { dashboard } from './support/dashboards.ts';
import { WHOLE } from './support/environment.ts';
import { open, settled } from './support/pages.ts';
import { ask } from './support/queries.ts';

const of = dashboard('headroom-vllm');
const [first] = of.panels.filter(({ type }) => type === 'timeseries').map((panel) => ({ panel }));

/** What Grafana draws below a chart for annotations; of a region it is as wide as that. */
function markers(page: DashboardPage) {
  return page.getByGrafanaSelector(page.ctx.selectors.pages.Dashboard.Annotations.marker);
}

/** Turns a kind of annotations on or off; newer versions keep the switches behind a button. */
async function toggle(page: DashboardPage, name: string) {
  const { SubMenu, ControlsButton } = page.ctx.selectors.pages.Dashboard;
  const input = page.getByGrafanaSelector(SubMenu.Annotations.annotationToggle(name));
  const label = page.getByGrafanaSelector(SubMenu.Annotations.annotationLabel(name));
  const behind = page.getByGrafanaSelector(ControlsButton);
  await expect(input.or(behind).first()).toBeAttached();
  if ((await input.count()) === 0) {
    await behind.click();
  }
  await label.or(input).first().click({ force: true });
  await page.ctx.page.keyboard.press('Escape');
}

test('no annotation cuts the panels of a dashboard that was just opened', async ({ gotoDashboardPage }) => {
  const page = await open(gotoDashboardPage, of, WHOLE);
  expect(first).toBeDefined();
  await settled(page, first!);
  await expect(markers(page)).toHaveCount(0);
});

for (const [name, kind] of [
  ['Saturation', 'episodes'],
  ['Benchmarks', 'runs'],
] as const) {
  test(`${name} are regions`, async ({ gotoDashboardPage, request }) => {
    const { frames, error } = await ask(request, WHOLE, { queryType: 'annotations', kinds: [kind] });
    expect(error).toBeUndefined();
    const { schema, data } = frames?.[0] ?? { schema: { fields: [] }, data: { values: [] } };
    const at = schema.fields.findIndex((field) => field.name === 'timeEnd');
    const ends = (data.values[at] ?? []).filter((end) => end !== null);
    expect(ends.length, 'the recording has some').toBeGreaterThan(0);

    const page = await open(gotoDashboardPage, of, WHOLE);
    await toggle(page, name);
    const { locator } = await settled(page, first!);
    const drawn = locator.locator('[data-testid="data-testid annotation-marker"]');
    await expect(drawn.first()).toBeVisible();
    const widths = await drawn.evaluateAll((all) => all.map((one) => one.getBoundingClientRect().width));
    // A line's marker is some pixels wide; a level of half a minute in twenty minutes of a panel is more.
    expect(Math.max(...widths), 'a region is wider than a line').toBeGreaterThan(20);
  });
}
