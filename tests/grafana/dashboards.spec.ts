// Every panel of every shipped dashboard over the recording: drawn, without an error, and without words of a fault.
import { expect, test } from '@grafana/plugin-e2e';

import { DEFAULTS, QUERY_KINDS } from '../../src/generated/contract.ts';
import { dashboard, ofTheApp, status } from './support/dashboards.ts';
import { BARE, WHOLE } from './support/environment.ts';
import { NONSENSE, expectDrawn, expectPicture, open, panels } from './support/pages.ts';

/** The recording was made on processor cores, so this dashboard has nothing to show and says why. */
const GPU = 'headroom-gpu';

function needsPrometheus(queryType: string = DEFAULTS.queryType): boolean {
  const kind = QUERY_KINDS.find(({ value }) => value === queryType);
  expect(kind, `the query kind ${queryType}`).toBeDefined();
  return kind?.needsPrometheus === true;
}

for (const of of [...ofTheApp, status].filter(({ uid }) => uid !== GPU)) {
  test(`every panel of ${of.title} is drawn`, async ({ gotoDashboardPage }) => {
    const page = await open(gotoDashboardPage, of, WHOLE);
    for await (const [one, panel] of panels(page, of)) {
      await expectDrawn(one, panel);
    }
  });
}

test('without GPUs every panel of the GPU dashboard says why it is empty', async ({ gotoDashboardPage }) => {
  const of = dashboard(GPU);
  const page = await open(gotoDashboardPage, of, WHOLE);
  for await (const [{ panel }, shown] of panels(page, of)) {
    await expect(shown.getErrorIcon(), panel.title).toHaveCount(0);
    const reason = panel.fieldConfig?.defaults?.noValue;
    expect(reason, panel.title).toBeTruthy();
    await expect(shown.locator, panel.title).toContainText(reason ?? '');
  }
});

// Neither a price nor a count of GPUs nor production is known: what follows from them is unknown, and never 0 or infinite.
for (const of of ofTheApp.filter(({ uid }) => uid !== GPU)) {
  test(`${of.title} without prices, GPU counts and production makes nothing up`, async ({ gotoDashboardPage }) => {
    const page = await open(gotoDashboardPage, of, BARE);
    for await (const [one, shown] of panels(page, of)) {
      const { panel } = one;
      const ofReports = panel.targets?.map(({ queryType }) => !needsPrometheus(queryType)) ?? [];
      // What reports say is drawn, and what production would say is an error that says so.
      if (ofReports.includes(true)) {
        await expectPicture(one, shown);
      }
      await expect(shown.getErrorIcon(), panel.title).toHaveCount(ofReports.includes(false) ? 1 : 0);
      if (!ofReports.includes(true)) {
        await expect(shown.locator, panel.title).toContainText('A red mark above means that the query failed');
      }
      await expect(shown.locator, panel.title).not.toContainText(NONSENSE);
      await expect(shown.locator, panel.title).not.toContainText(/\$\s?0\.00|\b0 tokens per dollar/);
    }
  });
}
