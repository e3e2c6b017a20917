// Where the app opens: what it finds in this Grafana, what is missing, and where its links lead.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { launch, open, panel, pictures } from './support/browser.mjs';
import { besideMenu } from './support/layout.mjs';
import { startProduction } from './support/production.mjs';
import { build, reports } from './support/programs.mjs';
import { signIn, startWith } from './support/provisioned.mjs';

const START = '/a/headroom-llm-app';
const STEPS = ['source', 'reports', 'prometheus', 'deployments', 'curve'];
const REPORT = 'tiny-llama-bf16/20261124T042108Z-guidellm-0.8.1-concurrent.json';

let browser;
let production;
const previews = [];

before(async () => {
  await build();
  [browser, production] = await Promise.all([launch(), startProduction()]);
});

after(async () => {
  await browser?.close();
  await Promise.all(previews.map((preview) => preview.stop()));
  await production?.stop();
});

async function started(...about) {
  const preview = await startWith(...about);
  previews.push(preview);
  return preview;
}

/** Opens a page as a person with a role. */
async function openAs(role, address, options = {}) {
  const opened = await open(browser, 'about:blank', options);
  await signIn(opened.page, role);
  await opened.page.goto(address);
  return opened;
}

/** The states of all steps, once none of them is still looked into. */
async function states(page) {
  await page.getByTestId('headroom-steps').waitFor();
  await page.waitForFunction(() => !document.querySelector('[data-testid="headroom-steps"] [data-state="loading"]'));
  return Promise.all(STEPS.map((id) => step(page, id).getAttribute('data-state')));
}

const step = (page, id) => page.getByTestId(`headroom-step-${id}`);

/** Where everything on the page leads that the app has put there. */
async function links(page) {
  const all = await page.locator('main a[href]').evaluateAll((anchors) => anchors.map((anchor) => anchor.getAttribute('href')));
  return [...new Set(all)];
}

/** No link of a page is dead: it is an address that every Grafana has, or one of the app's own that this host serves. */
async function assertAlive(page, url) {
  for (const href of await links(page)) {
    const { pathname, searchParams } = new URL(href, url);
    if (/^\/connections\/datasources\/(new|edit\/[\w-]+)$/.test(pathname) || pathname === '/plugins/headroom-llm-app') {
      continue;
    }
    if (pathname === '/explore') {
      const [pane] = Object.values(JSON.parse(searchParams.get('panes')));
      assert.equal(pane.queries[0].queryType, 'curve');
      assert.equal(pane.queries[0].datasource.uid, pane.datasource);
      continue;
    }
    const [, dashboard] = /^\/d\/([\w-]+)/.exec(pathname) ?? [];
    const asked = dashboard ? `/api/dashboards/uid/${dashboard}` : pathname;
    assert.equal((await fetch(new URL(asked, url))).status, 200, `${href} is dead`);
    if (!dashboard) {
      const { page: other } = await open(browser, new URL(href, url).href);
      await other.getByRole('heading', { level: 1 }).waitFor();
      assert.notEqual(await other.getByRole('heading', { level: 1 }).innerText(), 'No such page', `${href} is dead`);
      await other.close();
    }
  }
}

describe('a Grafana without a Headroom data source', () => {
  let preview;
  before(async () => {
    preview = await started(() => []);
  });

  it('offers an administrator to add one, in the list that has it', async () => {
    const { page, complaints } = await openAs('Admin', `${preview.url}${START}`);
    assert.deepEqual(await states(page), ['todo', 'waiting', 'waiting', 'waiting', 'waiting']);
    assert.deepEqual(await links(page), ['/connections/datasources/new']);
    await page.screenshot({ path: join(pictures, 'start-nothing.png'), fullPage: true });
    assert.deepEqual(complaints, []);
    await page.close();
  });

  it('tells everybody else whom to ask', async () => {
    for (const role of ['Viewer', 'Editor']) {
      const { page } = await openAs(role, `${preview.url}${START}`);
      await states(page);
      assert.deepEqual(await links(page), [], role);
      assert.match(await step(page, 'source').innerText(), /administrators/, role);
      await page.close();
    }
  });

  it('says in the panel and on the Runs page what is missing, with the next step', async () => {
    const { page } = await openAs('Admin', `${preview.url}/d/headroom-sizing`);
    const empty = panel(page, 'Where it breaks').getByTestId('headroom-no-data');
    await empty.getByText('There is no Headroom data source yet').waitFor();
    const add = empty.getByRole('link', { name: 'Add a Headroom data source' });
    assert.equal(await add.getAttribute('href'), '/connections/datasources/new');
    await page.goto(`${preview.url}${START}/runs`);
    await page.getByRole('link', { name: 'Getting started' }).last().waitFor();
    assert.equal(await page.getByRole('heading', { level: 1 }).innerText(), 'Runs');
    await assertAlive(page, preview.url);
    await page.close();
  });
});

describe('a Grafana that is set up', () => {
  let preview;
  before(async () => {
    preview = await started(
      () => [{ uid: 'headroom', name: 'Headroom', isDefault: true, jsonData: { storePath: reports, ...(production && { prometheusUrl: production.url }) } }],
      {},
    );
  });

  it('finds the reports, what each deployment lacks, and leads to the curve by links that are alive', async () => {
    const { page, complaints } = await openAs('Admin', `${preview.url}${START}`);
    const found = await states(page);
    assert.deepEqual([found[0], found[1], found[3], found[4]], ['done', 'done', 'attention', 'done']);
    assert.match(await step(page, 'reports').innerText(), /8 runs in /);
    const deployments = await step(page, 'deployments').innerText();
    assert.match(deployments, /tiny-llama-bf16/);
    assert.match(deployments, /GPU count and price/);
    const curve = step(page, 'curve');
    await curve.getByRole('link', { name: 'Sizing and saturation' }).waitFor();
    await curve.getByRole('link', { name: 'Explore the curve' }).waitFor();
    await assertAlive(page, preview.url);
    assert.deepEqual(complaints, []);
    // One click.
    await curve.getByRole('link', { name: 'Sizing and saturation' }).click();
    await panel(page, 'Where it breaks').getByTestId('headroom-verdict').first().waitFor();
    await page.close();
  });

  it('offers a Viewer what a Viewer may do', async () => {
    const { page } = await openAs('Viewer', `${preview.url}${START}`);
    await states(page);
    const offered = await links(page);
    assert.ok(offered.every((href) => !/^\/(connections|explore|plugins)/.test(href)), offered.join(' '));
    assert.ok(offered.some((href) => href.startsWith('/d/headroom-sizing')));
    assert.match(await step(page, 'deployments').innerText(), /Only administrators/);
    await page.close();
  });

  it('has a Runs page that says so and links deployments to the dashboard', async () => {
    const { page, complaints } = await openAs('Viewer', `${preview.url}${START}/runs`);
    await page.getByRole('link', { name: 'tiny-llama-bf16' }).first().waitFor();
    assert.equal(await page.getByRole('heading', { level: 1 }).innerText(), 'Runs');
    await assertAlive(page, preview.url);
    assert.deepEqual(complaints, []);
    await page.goto(`${preview.url}${START}/nowhere`);
    await page.getByText('Headroom has no such page').waitFor();
    await page.close();
  });
});

describe('a Grafana with several data sources', () => {
  let preview;
  before(async () => {
    preview = await started((empty) => {
      mkdirSync(join(empty, '../one'));
      copyFileSync(join(reports, REPORT), join(empty, '../one/report.json'));
      return [
        { uid: 'a-empty', name: 'A: empty folder', jsonData: { storePath: empty } },
        { uid: 'b-gone', name: 'B: no such folder', jsonData: { storePath: join(empty, 'gone') } },
        { uid: 'c-deaf', name: 'C: nobody answers', jsonData: { storePath: join(empty, '../one'), prometheusUrl: 'http://127.0.0.1:9' } },
        { uid: 'd-unset', name: 'D: nothing is set', jsonData: {} },
        { uid: 'e-one', name: 'E: one report', jsonData: { storePath: join(empty, '../one') }, isDefault: true },
      ];
    });
  });

  const cases = [
    ['a-empty', ['done', 'todo', 'todo', 'waiting', 'waiting'], 'reports', /can be read and holds no report yet/],
    ['b-gone', ['done', 'failed', 'todo', 'waiting', 'waiting'], 'reports', /does not exist on the Grafana server/],
    ['c-deaf', ['done', 'done', 'failed', 'attention', 'done'], 'prometheus', /127\.0\.0\.1:9/],
    ['d-unset', ['done', 'failed', 'todo', 'waiting', 'waiting'], 'reports', /no store of reports to read: set the folder/],
    ['e-one', ['done', 'done', 'todo', 'attention', 'done'], 'prometheus', /None is set\./],
  ];

  for (const [uid, expected, id, words] of cases) {
    it(`tells what ${uid} lacks`, async () => {
      const { page } = await openAs('Admin', `${preview.url}${START}?datasource=${uid}`);
      assert.deepEqual(await states(page), expected);
      assert.match(await step(page, id).innerText(), words);
      await assertAlive(page, preview.url);
      await page.close();
    });
  }

  it('begins with the default one, and an address keeps the choice of another', async () => {
    const { page } = await openAs('Admin', `${preview.url}${START}`);
    assert.deepEqual(await states(page), cases[4][1]);
    await page.getByLabel('Data source', { exact: true }).click();
    await page.getByRole('option', { name: 'A: empty folder' }).click();
    await page.waitForURL(/datasource=a-empty/);
    assert.deepEqual(await states(page), cases[0][1]);
    await page.close();
  });
});

describe('pictures of the first page', () => {
  let preview;
  before(async () => {
    preview = await started(() => [
      { uid: 'headroom', name: 'Headroom', isDefault: true, jsonData: { storePath: reports, ...(production && { prometheusUrl: production.url }) } },
    ]);
  });
  for (const theme of ['dark', 'light']) {
    for (const width of [940, 1140, 1620]) {
      it(`${theme}, ${width} pixels beside the menu`, async () => {
        for (const [name, path] of [['start', START], ['runs', `${START}/runs`]]) {
          const { page, complaints } = await openAs('Admin', `${preview.url}${path}?theme=${theme}`, { width: besideMenu(width) });
          await (name === 'start' ? states(page) : page.getByRole('link', { name: 'tiny-llama-bf16' }).first().waitFor());
          // Nothing may stick out to the side.
          assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `${name} is wider than the window`);
          const edges = await page.locator('th').evaluateAll((cells) => cells.map((cell) => cell.getBoundingClientRect().right));
          assert.ok(edges.every((edge) => edge <= besideMenu(width)), `a column of ${name} is off the edge: ${edges}`);
          await page.screenshot({ path: join(pictures, `${name}-${theme}-${width}.png`), fullPage: true });
          assert.deepEqual(complaints, []);
          await page.close();
        }
      });
    }
  }
});
