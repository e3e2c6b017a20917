// Every panel of every shipped dashboard over the recording: drawn, without an error, and without words of a fault.
import { expect, test } from '@grafana/plugin-e2e';

import { dashboard, ofTheApp } from './support/dashboards.ts';
import { BARE, WHOLE } from './support/environment.ts';
import { NONSENSE, expectDrawn, open, panels } from './support/pages.ts';

/** The recording was made on processor cores, so this dashboard has nothing to show and says why. */
const GPU = 'headroom-gpu';

for (const of of ofTheApp.filter(({ uid }) => uid !== GPU)) {
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
    for await (const [{ panel }, shown] of panels(page, of)) {
      await expect(shown.locator, panel.title).not.toContainText(NONSENSE);
      await expect(shown.locator, panel.title).not.toContainText(/\$\s?0\.00|\b0 tokens per dollar/);
    }
  });
}
