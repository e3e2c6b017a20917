// `cargo xtask screenshots`: the pictures of the documents and of the plugin's page, taken from the demo.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { drawnChart, launch, open } from '../tests/e2e/support/browser.mjs';
import { besideMenu, settled } from '../tests/e2e/support/layout.mjs';
import { build, root, startPreviewOf } from '../tests/e2e/support/programs.mjs';
import { PUBLISHED_MODEL, RECORDED_MODEL } from '../tests/e2e/support/verdicts.mjs';

const charts = [
  'Time to first token over users',
  'Inter-token latency over users',
  'Output tokens per second over users',
];

/** What a screen of 1440 pixels leaves beside Grafana's docked menu. */
const CONTENT = 1140;

/** The pictures are of Headroom: that a preview showed it is said in the texts beside them. */
const WITHOUT_BADGE = '[data-testid=preview-notice] { display: none; }';

/** The recorded pair alone: the published one is in the picture of its question. */
const RECORDED = `var-model=${encodeURIComponent(RECORDED_MODEL)}`;

/** What is photographed: the dashboard and what is chosen on it, the themes, the folder, the name, the height and the charts to wait for. */
const pictures = [
  {
    uid: 'headroom-sizing',
    choice: RECORDED,
    themes: ['dark', 'light'],
    folder: 'src/img',
    name: 'screenshot',
    height: 1480,
    charts,
  },
  {
    uid: 'headroom-fleet',
    choice: 'var-deployment=tiny-llama-bf16&var-deployment=tiny-llama-int8',
    themes: ['light'],
    folder: 'docs/img',
    name: 'fleet',
    height: 1150,
    charts: [],
  },
  { uid: 'headroom-vllm', themes: ['light'], folder: 'docs/img', name: 'production', height: 1500, charts: [] },
  {
    uid: 'headroom-economics',
    choice: `var-compared_model=${encodeURIComponent(PUBLISHED_MODEL)}`,
    themes: ['light'],
    folder: 'docs/img',
    name: 'economics',
    height: 1540,
    charts: [],
  },
];

await build();
const about = { provisioning: 'demo/provisioning', prometheus: process.env.HEADROOM_PROMETHEUS_URL };
const [preview, browser] = await Promise.all([startPreviewOf(about), launch()]);
try {
  for (const { uid, choice = '', themes, folder, name, height, charts } of pictures) {
    mkdirSync(join(root, folder), { recursive: true });
    for (const theme of themes) {
      const address = `${preview.url}/d/${uid}?theme=${theme}&timezone=utc&${choice}`;
      const { page, complaints } = await open(browser, address, {
        width: besideMenu(CONTENT),
        height,
        deviceScaleFactor: 1.25,
      });
      for (const title of charts) {
        await drawnChart(page, title);
      }
      await settled(page);
      await page.addStyleTag({ content: WITHOUT_BADGE });
      if (complaints.length > 0) {
        throw new Error(`the page complains:\n${complaints.join('\n')}`);
      }
      const path = join(root, folder, `${name}-${theme}.png`);
      await page.screenshot({ path });
      console.log(path);
      await page.close();
    }
  }
} finally {
  await browser.close();
  await preview.stop();
}
