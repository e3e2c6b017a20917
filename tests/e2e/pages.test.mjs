// The other pages: start page, runs, editors, and what is shown when something is broken.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { drawnChart, launch, open, panel, pictures } from './support/browser.mjs';
import { build, reports, startPreview } from './support/programs.mjs';

let preview;
let browser;

before(async () => {
  await build();
  [preview, browser] = await Promise.all([startPreview(), launch()]);
});

after(async () => {
  await browser?.close();
  await preview?.stop();
});

describe('the start page', () => {
  it('lists dashboards, data sources that work, and plugins, and says that it is no Grafana', async () => {
    const { page, complaints } = await open(browser, `${preview.url}/`);
    const home = page.getByTestId('home');
    await home.getByText('Sizing and saturation').waitFor();
    await page.getByTestId('health-headroom').getByText('works', { exact: true }).waitFor();
    assert.match(await page.getByTestId('preview-notice').innerText(), /not Grafana/);
    for (const id of ['headroom-llm-app', 'headroom-llm-datasource', 'headroom-llm-panel']) {
      assert.ok((await home.innerText()).includes(id), `the page lacks ${id}`);
    }
    assert.deepEqual(complaints, []);
    await page.close();
  });
});

/** The name of a report: what a tool wrote, or a published table. */
const REPORT = /\.json|published-.*\.yaml/;

describe('the Runs page', () => {
  it('has a row for every report in the store', async () => {
    const { page, complaints } = await open(browser, `${preview.url}/a/headroom-llm-app/runs`);
    const rows = page.getByRole('row').filter({ has: page.getByText(REPORT) });
    await rows.first().waitFor();
    const text = (await rows.allInnerTexts()).join('\n');
    const files = readdirSync(reports, { recursive: true, encoding: 'utf8' }).filter((file) => REPORT.test(file));
    assert.equal(await rows.count(), files.length);
    for (const file of files) {
      assert.ok(text.includes(file.replaceAll('\\', '/')), `no row for ${file}`);
    }
    assert.deepEqual(complaints, []);
    await page.close();
  });
});

describe('the editors', () => {
  it('of the data source render, and a choice changes the query', async () => {
    const { page, complaints } = await open(browser, `${preview.url}/editor/headroom-llm-datasource`);
    const config = page.getByTestId('config-editor');
    await config.getByText('Kind of store').waitFor();
    const query = page.getByTestId('query-editor');
    await query.getByLabel('Show', { exact: true }).click();
    await page.getByRole('option', { name: /^Headroom/ }).click();
    await query.getByText('"headroom"').waitFor();
    await query.getByLabel('Now means the last', { exact: true }).waitFor();
    // The list is long enough to be drawn in parts: typing finds the rest.
    await query.getByLabel('Show', { exact: true }).fill('PromQL');
    await page.getByRole('option', { name: /^PromQL/ }).click();
    await query.getByRole('textbox', { name: /^Expression/ }).fill('up');
    await query.getByRole('textbox', { name: /^Expression/ }).press('Shift+Enter');
    await query.getByText('"up"').waitFor();
    await config.getByLabel('Authentication', { exact: true }).click();
    await page.getByRole('option', { name: /^User and password/ }).click();
    await config.getByLabel('Password', { exact: true }).waitFor();
    await config.getByLabel('Authentication', { exact: true }).click();
    await page.getByRole('option', { name: /^Bearer token/ }).click();
    await config.getByLabel(/^Token/).fill('typed');
    await config.getByLabel('Authentication', { exact: true }).click();
    await page.getByRole('option', { name: /^None/ }).click();
    await config.getByLabel(/^Token/).waitFor({ state: 'detached' });
    assert.deepEqual(complaints, []);
    await page.close();
  });

  it('of the settings lead to the app, or to where it is enabled', async () => {
    const config = async (enabled) => {
      const { page } = await open(browser, 'about:blank');
      await page.route('**/api/plugins/headroom-llm-app/settings', async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, json: { ...(await response.json()), enabled } });
      });
      await page.goto(`${preview.url}/editor/headroom-llm-datasource`);
      return { page, editor: page.getByTestId('config-editor') };
    };
    const on = await config(true);
    await on.editor.getByRole('link', { name: 'Getting started' }).waitFor();
    assert.equal(await on.editor.getByRole('link', { name: 'Enable the app' }).count(), 0);
    await on.page.close();
    const off = await config(false);
    // Without the app its page is not there, so nothing leads to it.
    const enable = off.editor.getByRole('link', { name: 'Enable the app' });
    await enable.waitFor();
    assert.equal(await enable.getAttribute('href'), '/plugins/headroom-llm-app');
    assert.equal(await off.editor.getByRole('link', { name: 'Getting started' }).count(), 0);
    await off.page.goto(`${preview.url}/editor/headroom-llm-app`);
    await off.page.getByText(/Enable the app first/).waitFor();
    await off.page.close();
    const { page, complaints } = await open(browser, `${preview.url}/editor/headroom-llm-app`);
    await page.getByTestId('app-configuration').getByRole('link', { name: 'Getting started' }).waitFor();
    assert.deepEqual(complaints, []);
    await page.close();
  });

  it('of the panel show every option that it registers', async () => {
    const { page, complaints } = await open(browser, `${preview.url}/editor/headroom-llm-panel`);
    const options = page.getByTestId('panel-options');
    await options.getByText('Point size').waitFor();
    await options.getByRole('radio', { name: 'Logarithmic' }).first().check({ force: true });
    await options.getByText('"log"').waitFor();
    assert.deepEqual(complaints, []);
    await page.close();
  });
});

describe('something broken', () => {
  it('in a plugin is a box that says so, and the rest of the page stays', async () => {
    const { page } = await open(browser, 'about:blank');
    await page.route('**/public/plugins/headroom-llm-panel/module.js*', (route) => route.fulfill({ status: 404, body: '' }));
    await page.goto(`${preview.url}/d/headroom-sizing`);
    const broken = panel(page, 'Where it breaks');
    await broken.getByText('The panel headroom-llm-panel cannot be shown').waitFor();
    await broken.getByText(/did not load from public\/plugins\/headroom-llm-panel\/module.js/).waitFor();
    await page.getByRole('heading', { name: 'Sizing and saturation' }).waitFor();
    await page.close();
  });

  it('in the address is a page with a way back', async () => {
    const { page } = await open(browser, `${preview.url}/d/no-such-dashboard`);
    await page.getByText(/there is no dashboard with the uid/).waitFor();
    await page.close();
  });
});

describe('pictures for people', () => {
  for (const theme of ['dark', 'light']) {
    for (const width of [1280, 1920]) {
      it(`${theme}, ${width} pixels wide`, async () => {
        const { page, complaints } = await open(browser, `${preview.url}/d/headroom-sizing?theme=${theme}`, { width, height: 1800 });
        for (const title of ['Time to first token over users', 'Inter-token latency over users', 'Output tokens per second over users']) {
          await drawnChart(page, title);
        }
        await panel(page, 'Levels').getByRole('row').nth(3).waitFor();
        assert.ok(await page.evaluate(() => document.fonts.check('14px Inter')), 'the font is missing');
        // Nothing may stick out to the side.
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth));
        await page.screenshot({ path: join(pictures, `sizing-${theme}-${width}.png`), fullPage: true });
        assert.deepEqual(complaints, []);
        await page.close();
      });
    }
  }
});

describe('the process', () => {
  it('ends on Ctrl-C in good order and leaves no plugin behind', async () => {
    const own = await startPreview();
    const { plugins } = await (await fetch(`${own.url}/api/preview/status`)).json();
    const health = await fetch(`${own.url}/api/datasources/uid/headroom/health`);
    assert.equal(health.status, 200);
    const started = await (await fetch(`${own.url}/api/preview/status`)).json();
    const { process: id } = started.plugins.find((plugin) => plugin.id === 'headroom-llm-datasource');
    assert.ok(plugins.length >= 3 && id > 0);
    process.kill(id, 0);
    assert.deepEqual(await own.stop(), { code: 0, signal: null });
    assert.throws(() => process.kill(id, 0), { code: 'ESRCH' });
  });
});
