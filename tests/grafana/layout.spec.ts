// Nothing is cut: with the menu docked at 1280, 1440 and 1920 pixels.
import { expect, test } from '@grafana/plugin-e2e';

import { ofTheApp, status } from './support/dashboards.ts';
import { WHOLE } from './support/environment.ts';
import { open, panels, withDockedMenu } from './support/pages.ts';

for (const width of [1280, 1440, 1920]) {
  test.describe(`at ${width} pixels with the docked menu`, () => {
    test.use({ viewport: { width, height: 1000 } });

    for (const of of [...ofTheApp, status]) {
      test(`nothing of ${of.title} is cut`, async ({ gotoDashboardPage, page }) => {
        await withDockedMenu(page);
        const dash = await open(gotoDashboardPage, of, WHOLE);
        for await (const [{ panel }, shown] of panels(dash, of)) {
          const cut = await shown.locator.evaluate((element) => {
            const wider = (one: Element) => one.scrollWidth > one.clientWidth + 1;
            // Titles, tables that scroll sideways, cells and cards whose words do not fit.
            const places =
              '[title] > h2, h2, [role="grid"], [role="columnheader"], [role="gridcell"], [data-testid="headroom-verdict"]';
            return [...element.querySelectorAll(places)]
              .filter(
                (one) =>
                  wider(one) || (one.getAttribute('role') === 'gridcell' && one.scrollHeight > one.clientHeight + 1),
              )
              .map((one) => `${one.tagName} ${one.getAttribute('role') ?? ''} ${one.textContent.slice(0, 60)}`);
          });
          expect(cut, `${of.title}, ${panel.title}`).toEqual([]);
        }
        const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        expect(sideways, 'the page does not scroll sideways').toBeLessThanOrEqual(0);
      });
    }
  });
}
