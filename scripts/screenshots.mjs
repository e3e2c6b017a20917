// `cargo xtask screenshots`: the pictures of the README and of the plugin's page, taken from the demo.
import { join } from 'node:path';

import { drawnChart, launch, open } from '../tests/e2e/support/browser.mjs';
import { build, root, startPreview } from '../tests/e2e/support/programs.mjs';

const charts = [
  'Time to first token over users',
  'Inter-token latency over users',
  'Output tokens per second over users',
];

await build();
const [preview, browser] = await Promise.all([startPreview(), launch()]);
try {
  for (const theme of ['dark', 'light']) {
    const address = `${preview.url}/d/headroom-sizing?theme=${theme}`;
    const { page, complaints } = await open(browser, address, { width: 1440, height: 1300, deviceScaleFactor: 1.5 });
    for (const title of charts) {
      await drawnChart(page, title);
    }
    await page.evaluate(() => document.fonts.ready);
    if (complaints.length > 0) {
      throw new Error(`the page complains:\n${complaints.join('\n')}`);
    }
    const path = join(root, `src/img/screenshot-${theme}.png`);
    await page.screenshot({ path });
    console.log(path);
    await page.close();
  }
} finally {
  await browser.close();
  await preview.stop();
}
