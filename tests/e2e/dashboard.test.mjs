// The shipped dashboard, from the real backend to the pixels, against the command line's numbers for the same files.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { coloursOf, drawnChart, launch, open, painted, panel } from './support/browser.mjs';
import { assertShows, assertShowsLatency, numbersIn } from './support/numbers.mjs';
import { build, startPreview } from './support/programs.mjs';
import { everyRun, RECORDED_MODEL, shownRuns } from './support/verdicts.mjs';

const TTFT = 'Time to first token over users';
const VERDICTS = 'Where it breaks';

let preview;
let browser;
let runs;

before(async () => {
  await build();
  [preview, browser, runs] = await Promise.all([startPreview(), launch(), shownRuns()]);
});

after(async () => {
  await browser?.close();
  await preview?.stop();
});

const RECORDED = `var-model=${encodeURIComponent(RECORDED_MODEL)}`;
const dashboard = (query = '', models = RECORDED) => `${preview.url}/d/headroom-sizing?theme=dark&${models}&${query}`;

/** Facts of the tooltip by their names, and its latencies by metric and statistic. */
async function readTooltip(page) {
  return page.getByTestId('headroom-tooltip').evaluate((element) => {
    const facts = {};
    for (const term of element.querySelectorAll('dt')) {
      facts[term.textContent] = term.nextElementSibling.textContent;
    }
    const latencies = {};
    const statistics = [...element.querySelectorAll('thead th')].map((cell) => cell.textContent);
    for (const row of element.querySelectorAll('tbody tr')) {
      const name = row.querySelector('th').textContent;
      [...row.querySelectorAll('td')].forEach((cell, index) => {
        latencies[`${name} ${statistics[index]}`] = cell.textContent;
      });
    }
    return { run: element.querySelector('strong').textContent, facts, latencies };
  });
}

/** Every value that the tooltip shows of a level is the command line's, to the last digit shown. */
function assertTooltip({ run, facts, latencies }, level) {
  const what = (name) => `${run} at ${level.load}: ${name}`;
  assertShows(facts['Load'], level.load, what('load'));
  assertShowsLatency(facts['TTFT p95'], level.ttft_ms.p95, what('TTFT p95'));
  assertShows(facts['In flight (mean)'], level.concurrency, what('in flight'));
  assertShows(facts['Request rate'], level.request_rate, what('request rate'));
  assertShows(facts['Output tokens'], level.output_tokens_per_second, what('output tokens'));
  assertShows(facts['Prompt tokens'], level.prompt_tokens_per_second, what('prompt tokens'));
  assertShows(facts['Measured for'], level.duration_s, what('duration'));
  const { ok, errored, incomplete } = level.requests;
  assert.deepEqual(numbersIn(facts['Requests']).map(({ value }) => value), [ok, errored, incomplete], what('requests'));
  const names = { TTFT: 'ttft_ms', ITL: 'itl_ms', TPOT: 'tpot_ms', 'E2E latency': 'e2e_ms' };
  assert.equal(Object.keys(latencies).length, 12, what('latencies'));
  for (const [key, text] of Object.entries(latencies)) {
    const [, name, statistic] = /^(.+) (p\d+)$/.exec(key);
    assertShowsLatency(text, level[names[name]][statistic], what(key));
  }
}

/** The verdict cards of a panel or of the whole page. */
async function assertVerdicts(place) {
  for (const run of runs) {
    const { name } = run.deployment;
    const card = place.locator(`[data-testid="headroom-verdict"][data-run="${name}"]`);
    assertShows(await card.getByTestId('headroom-verdict-load').innerText(), run.verdict.breaking_load, `${name}: breaking load`);
    const interval = numbersIn((await card.getByTestId('headroom-verdict-interval').innerText()).replace('95 %', ''));
    const known = run.verdict.interval.filter((end) => end !== null);
    assert.equal(interval.length, known.length, `${name}: ends of the interval`);
    known.forEach((exact, index) => {
      assert.equal(interval[index].value, Number(exact.toFixed(interval[index].decimals)), `${name}: interval`);
    });
    assert.ok((await card.innerText()).includes(run.verdict.sentence), `${name}: the card lacks "${run.verdict.sentence}"`);
  }
}

describe('the dashboard "Sizing and saturation"', () => {
  it('draws the curves of both deployments without a complaint', async () => {
    const { page, complaints } = await open(browser, dashboard());
    for (const title of [TTFT, 'Inter-token latency over users', 'Output tokens per second over users']) {
      const chart = await drawnChart(page, title);
      assert.ok((await coloursOf(chart.locator('canvas').first())) > 10, `${title}: the canvas is blank`);
      const legend = await panel(page, title).getByTestId('headroom-legend').innerText();
      for (const run of runs) {
        assert.ok(legend.includes(run.deployment.name), `${title}: the legend lacks ${run.deployment.name}`);
      }
    }
    assert.equal(runs.length, 2);
    assert.deepEqual(complaints, []);
    await page.close();
  });

  it('shows in its tooltips what the command line prints for every level', async () => {
    const { page, complaints } = await open(browser, dashboard());
    const chart = await drawnChart(page, TTFT);
    await chart.focus();
    const seen = new Set();
    for (const run of runs) {
      // Up and down go from run to run, left and right along its levels.
      for (let tries = 0; tries < 4; tries++) {
        await page.keyboard.press('Home');
        if ((await readTooltip(page)).run === run.deployment.name) {
          break;
        }
        await page.keyboard.press(tries % 2 === 0 ? 'ArrowUp' : 'ArrowDown');
      }
      await page.keyboard.press('Home');
      for (const level of run.levels) {
        const tooltip = await readTooltip(page);
        assert.equal(tooltip.run, run.deployment.name);
        assertTooltip(tooltip, level);
        seen.add(`${tooltip.run} ${tooltip.facts['Load']}`);
        await page.keyboard.press('ArrowRight');
      }
    }
    assert.equal(seen.size, runs[0].levels.length + runs[1].levels.length);
    assert.deepEqual(complaints, []);
    await page.close();
  });

  it('shows the nearest level under the pointer', async () => {
    const { page } = await open(browser, dashboard());
    const chart = await drawnChart(page, TTFT);
    // The pointer reaches only what is in the window.
    await chart.evaluate((canvas) => canvas.scrollIntoView({ block: 'end' }));
    const box = await chart.boundingBox();
    const found = new Map();
    // From the bottom left, where the low levels of both runs are, until enough are found.
    for (let y = box.height * 0.9; y > box.height * 0.1 && found.size < 3; y -= 10) {
      for (let x = box.width * 0.06; x < box.width * 0.5 && found.size < 3; x += 14) {
        await page.mouse.move(box.x + x, box.y + y);
        await painted(page);
        if (await page.getByTestId('headroom-tooltip').isVisible()) {
          const tooltip = await readTooltip(page);
          found.set(`${tooltip.run} ${tooltip.facts['Load']}`, tooltip);
        }
      }
    }
    assert.ok(found.size >= 3, `the pointer found only ${[...found.keys()].join(', ')}`);
    for (const tooltip of found.values()) {
      const run = runs.find(({ deployment }) => deployment.name === tooltip.run);
      const [{ value }] = numbersIn(tooltip.facts['Load']);
      assertTooltip(tooltip, run.levels.find(({ load }) => load === value));
    }
    await page.close();
  });

  it('shows every deployment where no model is chosen', async () => {
    const all = await everyRun();
    assert.equal(all.length, 4);
    const { page, complaints } = await open(browser, dashboard('', ''));
    const chart = await drawnChart(page, TTFT);
    assert.ok((await coloursOf(chart.locator('canvas').first())) > 10);
    const legend = panel(page, TTFT).getByTestId('headroom-legend').getByRole('button');
    assert.equal(await legend.count(), all.length);
    await panel(page, VERDICTS).getByTestId('headroom-verdicts').waitFor();
    const cards = panel(page, VERDICTS).getByTestId('headroom-verdict');
    assert.deepEqual(await cards.evaluateAll((found) => found.map((card) => card.dataset.run)), all.map(({ deployment }) => deployment.name));
    for (const { verdict } of all) {
      await panel(page, VERDICTS).getByText(verdict.sentence).waitFor();
    }
    assert.deepEqual(complaints, []);
    await page.close();
  });

  it('says where each deployment breaks in the words and numbers of the command line', async () => {
    const { page, complaints } = await open(browser, dashboard());
    await panel(page, VERDICTS).getByTestId('headroom-verdicts').waitFor();
    await assertVerdicts(panel(page, VERDICTS));
    assert.deepEqual(complaints, []);
    await page.close();
  });
});

describe('variables', () => {
  it('in the address change the query and the picture', async () => {
    const { deployment } = runs[1];
    const { page, queries, complaints } = await open(browser, dashboard(`var-deployment=${deployment.name}`));
    await drawnChart(page, TTFT);
    const legend = panel(page, TTFT).getByTestId('headroom-legend').getByRole('button');
    assert.equal(await legend.count(), 1);
    assert.ok((await legend.innerText()).includes(deployment.name));
    assert.ok(queries.length > 0);
    for (const query of queries.flatMap((body) => body.queries)) {
      assert.deepEqual(query.deployments, [deployment.name]);
    }
    assert.deepEqual(complaints, []);
    await page.close();
  });

  it('change the query, the answer and the address when a person chooses', async () => {
    const { page, queries, complaints } = await open(browser, dashboard());
    const chart = await drawnChart(page, TTFT);
    const picture = () => chart.locator('canvas').first().evaluate((canvas) => canvas.toDataURL());
    const first = await picture();
    // The address names the service level that the variable took first.
    await page.waitForURL(/var-slo=/);
    const before = new URL(page.url()).searchParams.get('var-slo');
    const control = page.locator('div').filter({ has: page.locator('label', { hasText: /^SLO/ }) }).last();
    await control.getByRole('combobox').click();
    const options = page.getByRole('option');
    await options.first().waitFor();
    const count = queries.length;
    await options.nth(2).click();
    await page.waitForURL((url) => ![null, before].includes(url.searchParams.get('var-slo')));
    const chosen = new URL(page.url()).searchParams.get('var-slo');
    await page.waitForFunction(([element, old]) => element.toDataURL() !== old, [
      await chart.locator('canvas').first().elementHandle(),
      first,
    ]);
    const later = queries.slice(count).flatMap((body) => body.queries);
    assert.ok(later.length > 0);
    assert.ok(later.some((query) => query.slo === chosen), `no query was judged by ${chosen}: ${JSON.stringify(later.map(({ slo }) => slo))}`);
    const [run] = await shownRuns('--slo', chosen);
    const card = panel(page, VERDICTS).locator(`[data-run="${run.deployment.name}"]`);
    await card.getByText(run.verdict.sentence).waitFor();
    assert.deepEqual(complaints, []);
    await page.close();
  });
});

/** One of Grafana's own packages tries `new Function` once, to learn whether it may; that is not the plugin's doing. */
const notOfThePage = (complaint) => !/^policy violation: script-src eval in .*\/public\/build\//.test(complaint);

describe('a content security policy', () => {
  it('without eval but with WebAssembly draws as ever', async () => {
    const { page, complaints } = await open(browser, dashboard('csp=wasm-only'));
    const chart = await drawnChart(page, TTFT);
    assert.ok((await coloursOf(chart.locator('canvas').first())) > 10);
    assert.deepEqual(complaints.filter(notOfThePage), []);
    await page.close();
  });

  it('that forbids WebAssembly says so, and the verdicts stay', async () => {
    const { page, complaints } = await open(browser, dashboard('csp=strict'));
    const place = panel(page, TTFT).getByTestId('headroom-without-chart');
    await place.waitFor();
    const text = await place.innerText();
    assert.match(text, /The chart cannot be drawn/);
    assert.match(text, /content security policy/i);
    assert.match(text, /wasm-unsafe-eval/);
    await assertVerdicts(place);
    await assertVerdicts(panel(page, VERDICTS));
    const ours = complaints.filter(notOfThePage);
    assert.ok(ours.some((complaint) => /^policy violation: script-src wasm-eval/.test(complaint)), `the policy was not in force: ${ours}`);
    assert.deepEqual(ours.filter((complaint) => !/wasm-eval|WebAssembly/.test(complaint)), []);
    await page.close();
  });
});
