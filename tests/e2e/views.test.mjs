// Every view of the panel in a browser, against the command line's numbers for the same files and prices.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { coloursOf, drawnChart, launch, open, painted, panel, pictures } from './support/browser.mjs';
import { assertShows, numbersIn } from './support/numbers.mjs';
import { startProduction } from './support/production.mjs';
import { build, root, startPreviewOf } from './support/programs.mjs';
import { shownRunsWith } from './support/verdicts.mjs';

const FACTS = join(root, 'tests/e2e/deployments.yaml');
const LOAD_TO_SERVE = 40;
const HOURS_PER_MONTH = 730;
/** A text of three digits is at most this far from its number. */
const ROUNDING = 0.006;

let preview;
let browser;
let production;
let runs;

before(async () => {
  await build();
  production = await startProduction();
  const about = { provisioning: 'tests/e2e/provisioning', prometheus: production?.url };
  [preview, browser, runs] = await Promise.all([startPreviewOf(about), launch(), shownRunsWith(FACTS)]);
});

after(async () => {
  await browser?.close();
  await preview?.stop();
  await production?.stop();
});

/** Opens the dashboard, high enough for every panel: one that is not seen is not loaded. */
const dashboard = (options = {}) => open(browser, `${preview.url}/d/views?theme=dark`, { height: 3800, ...options });

const costOf = (run, basis = 'output') => run.cost.find((one) => one.basis === basis);

/** The cells of a table by the id of their row: `{ text, detail }` of each run. */
async function readTable(place) {
  await place.locator('tr[data-row]').first().waitFor();
  return place.evaluate((element) => {
    const rows = {};
    for (const row of element.querySelectorAll('tr[data-row]')) {
      rows[row.dataset.row] ??= [...row.querySelectorAll('td')].map((cell) => {
        const [text, detail] = [...cell.querySelectorAll(':scope > span')].map((span) => span.textContent);
        return { text, detail: detail ?? '' };
      });
    }
    return rows;
  });
}

function assertNear(found, exact, what) {
  assert.ok(Math.abs(found / exact - 1) < ROUNDING, `${what}: the page shows ${found}, the command line has ${exact}`);
}

/** Names and texts of a tooltip. */
async function readFacts(page) {
  return page.getByTestId('headroom-tooltip').evaluate((element) =>
    Object.fromEntries([...element.querySelectorAll('dt')].map((term) => [term.textContent, term.nextElementSibling.textContent])),
  );
}

/** A limit of a verdict as the command line takes it. */
const asArgument = ({ id, bound, unit }) => `--limit=${id}=${unit === 'ms' ? `${bound}ms` : `${100 * bound}%`}`;

describe('the comparison', () => {
  it('shows what the command line prints of capacity and cost, with intervals and the price’s source', async () => {
    const { page, complaints } = await dashboard();
    const table = await readTable(panel(page, 'Comparison'));
    runs.forEach((run, index) => {
      const { name } = run.deployment;
      const cost = costOf(run);
      assertShows(table.load[index].text, run.verdict.breaking_load, `${name}: load`);
      assertShows(table.rate[index].text, cost.tokens_per_second, `${name}: rate`);
      assertShows(table.rate_per_gpu[index].text, cost.tokens_per_second / run.deployment.gpus.value, `${name}: rate per GPU`);
      assertShows(table.dollars[index].text, cost.dollars_per_million_tokens, `${name}: dollars`);
      assertShows(table.per_dollar[index].text, cost.tokens_per_dollar / 1e6, `${name}: tokens per dollar`);
      assertShows(table.price[index].text, cost.price.dollars_per_hour, `${name}: price`);
      assert.equal(table.price[index].detail, 'list price, eu-west-1, 2026-11-01');
      const known = (cost.dollars_per_million_tokens_interval ?? []).filter((end) => end !== null);
      if (known.length === 2) {
        const shown = numbersIn(table.dollars[index].detail);
        known.forEach((end, at) => assert.equal(shown[at].value, Number(end.toFixed(shown[at].decimals)), `${name}: interval`));
      }
      const replicas = Math.ceil(LOAD_TO_SERVE / run.verdict.breaking_load);
      assertShows(table.replicas[index].text, replicas, `${name}: replicas`);
      assertShows(table.month[index].text, (replicas + 1) * cost.price.dollars_per_hour * HOURS_PER_MONTH, `${name}: month`);
    });
    const [bf16, int8] = runs.map((run) => costOf(run).tokens_per_dollar);
    assertShows(table.ratio[1].text, int8 / bf16, 'ratio');
    const sentence = await panel(page, 'Comparison').getByTestId('headroom-sentences').innerText();
    assert.match(sentence, /A dollar buys [\d.]+ times as many output tokens with tiny-llama-int8 as with tiny-llama-bf16/);
    assert.deepEqual(complaints, []);
    await page.close();
  });
});

describe('the cost', () => {
  it('under a limit that the keys reach is the command line’s under that limit', async () => {
    const { page, complaints } = await dashboard();
    const chart = await drawnChart(page, 'Dollars per million');
    assert.ok((await coloursOf(chart.locator('canvas').first())) > 10, 'the canvas is blank');
    await chart.focus();
    await page.keyboard.press('Home');
    for (let step = 0; step < 60; step++) {
      await page.keyboard.press('ArrowRight');
    }
    const { Limit: limit, ...costs } = await readFacts(page);
    const [, { value: bound }] = numbersIn(limit);
    assert.ok(bound > 1000, `the keys led to ${limit}`);
    const others = runs[0].verdict.limits.filter(({ id }) => id !== 'ttft_p95').map(asArgument);
    for (const run of await shownRunsWith(FACTS, `--limit=ttft_p95=${bound}ms`, ...others)) {
      const [{ value }] = numbersIn(costs[run.deployment.name]);
      assertNear(value, costOf(run).dollars_per_million_tokens, `${run.deployment.name} under ${limit}`);
    }
    assert.deepEqual(complaints, []);
    await page.close();
  });
});

describe('the Pareto view', () => {
  for (const [title, of] of [
    ['Yield per GPU', (run, rate) => rate / run.deployment.gpus.value],
    ['Yield per dollar', (run, rate) => (rate * 3600) / costOf(run).price.dollars_per_hour / 1e6],
  ]) {
    it(`${title} has every level where its numbers put it`, async () => {
      const { page, complaints } = await dashboard();
      const chart = await drawnChart(page, title);
      await chart.focus();
      await page.keyboard.press('Home');
      const seen = new Set();
      const name = await page.getByTestId('headroom-tooltip').locator('strong').innerText();
      const run = runs.find(({ deployment }) => deployment.name === name);
      for (let step = 0; step < run.levels.length; step++) {
        const facts = await readFacts(page);
        const [{ value: load }] = numbersIn(facts.Load);
        const level = run.levels.find((one) => one.load === load);
        const rate = level.steady.output_tokens_per_second;
        assertShows(facts['Speed for a user'], rate / level.concurrency, `${name} at ${load}: speed`);
        const [, yielded] = Object.entries(facts).find(([fact]) => fact.startsWith(title === 'Yield per GPU' ? 'Output tokens' : 'Million'));
        assertShows(yielded, of(run, rate), `${name} at ${load}: yield`);
        seen.add(load);
        await page.keyboard.press('ArrowRight');
      }
      assert.equal(seen.size, run.levels.length);
      assert.deepEqual(complaints, []);
      await page.close();
    });
  }
});

describe('what-if', () => {
  it('answers another limit and another price at once, and goes back', async () => {
    const { page, complaints } = await dashboard();
    const view = panel(page, 'What if');
    const before = await readTable(view);
    await view.getByLabel('TTFT p95 at most (ms)').fill('2000');
    const others = runs[0].verdict.limits.filter(({ id }) => id !== 'ttft_p95').map(asArgument);
    const moved = await shownRunsWith(FACTS, '--limit=ttft_p95=2000ms', ...others);
    await painted(page);
    const after = await readTable(view);
    moved.forEach((run, index) => {
      assertShows(after.load[index].text, run.verdict.breaking_load, `${run.deployment.name} at 2,000 ms`);
      assertShows(after.dollars[index].text, costOf(run).dollars_per_million_tokens, `${run.deployment.name} at 2,000 ms`);
    });
    assert.notEqual(after.load[0].text, before.load[0].text);
    const legend = await view.getByTestId('headroom-legend').innerText();
    assertShows(/bf16\s*([\d.,]+ users)/.exec(legend)[1], moved[0].verdict.breaking_load, 'the legend');
    await view.getByLabel('$ per hour, tiny-llama-bf16').fill('2.80');
    await painted(page);
    const dearer = await readTable(view);
    assertShows(dearer.dollars[0].text, 2 * costOf(moved[0]).dollars_per_million_tokens, 'at twice the price');
    assert.equal(dearer.price[0].detail, 'as typed here');
    await view.getByRole('button', { name: 'Reset' }).click();
    await painted(page);
    assert.deepEqual(await readTable(view), before);
    assert.deepEqual(complaints, []);
    await page.close();
  });
});

describe('production on the curve', () => {
  it('has the headroom that the backend computes', async (test) => {
    if (!production) {
      test.skip('left out: there is no `prometheus` on the PATH (Debian: apt-get install prometheus)');
      return;
    }
    const { page, complaints } = await open(browser, 'about:blank', { height: 3800 });
    const asked = page.waitForResponse(async (response) => {
      const body = response.request().postData() ?? '';
      return response.url().includes('/api/ds/query') && body.includes('"queryType":"headroom"');
    });
    await page.goto(`${preview.url}/d/views?theme=dark`);
    const { results } = await (await asked).json();
    const { deployments } = Object.values(results)
      .flatMap(({ frames }) => frames)
      .find(({ schema }) => schema.meta?.custom?.headroom === 'headroom').schema.meta.custom;
    await drawnChart(page, 'Production on the curve');
    const legend = await panel(page, 'Production on the curve').getByTestId('headroom-legend').innerText();
    const known = deployments.filter(({ headroom }) => headroom !== null);
    assert.ok(known.length > 0, 'no deployment has a headroom');
    for (const { deployment, headroom } of known) {
      const text = new RegExp(`${deployment}[^%]*?([\\d.]+)% (left|beyond)`, 's').exec(legend);
      assert.ok(text, `the legend lacks the headroom of ${deployment}: ${legend}`);
      assertNear(Number(text[1]) / 100, Math.abs(headroom), deployment);
      assert.equal(text[2], headroom < 0 ? 'beyond' : 'left');
    }
    assert.deepEqual(complaints, []);
    await page.close();
  });

  it('is drawn alone where no curve is asked for', async (test) => {
    if (!production) {
      test.skip('left out: there is no `prometheus` on the PATH (Debian: apt-get install prometheus)');
      return;
    }
    const { page } = await dashboard();
    const chart = await drawnChart(page, 'Production alone');
    assert.ok((await coloursOf(chart.locator('canvas').first())) > 10, 'the canvas is blank');
    await page.close();
  });
});

describe('pictures of the views', () => {
  for (const theme of ['dark', 'light']) {
    for (const width of [1280, 1920]) {
      it(`${theme}, ${width} pixels wide`, async () => {
        const { page, complaints } = await open(browser, `${preview.url}/d/views?theme=${theme}`, { width, height: 3800 });
        for (const title of ['Production on the curve', 'Tokens per dollar', 'Yield per GPU', 'What if']) {
          await drawnChart(page, title);
        }
        await readTable(panel(page, 'Comparison'));
        // Nothing may stick out to the side.
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth));
        await page.screenshot({ path: join(pictures, `views-${theme}-${width}.png`), fullPage: true });
        assert.deepEqual(complaints, []);
        await page.close();
      });
    }
  }
});
