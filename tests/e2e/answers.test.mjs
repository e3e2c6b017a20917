// What the panel makes of answers that are not as they should be: snapshots, failures, and options of the user's own.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { drawnChart, launch, open, painted, panel } from './support/browser.mjs';
import { startProduction } from './support/production.mjs';
import { build, root, startPreviewOf } from './support/programs.mjs';
import { startWith } from './support/provisioned.mjs';

let browser;
let production;
let views;

before(async () => {
  await build();
  production = await startProduction();
  const about = { provisioning: 'tests/e2e/provisioning', prometheus: production?.url };
  [views, browser] = await Promise.all([startPreviewOf(about), launch()]);
});

after(async () => {
  await browser?.close();
  await views?.stop();
  await production?.stop();
});

const QUERIES = '**/api/ds/query*';

/** High enough for every panel: one that is not seen is not loaded. */
const WINDOW = { height: 4400 };

/** Opens a dashboard after `prepare` has put itself between the page and the backend. */
async function opened(address, prepare = async () => {}) {
  const found = await open(browser, 'about:blank', WINDOW);
  await prepare(found.page);
  await found.page.goto(address);
  return found;
}

/** Every panel of ours by its title: what can be read in it, the summary of its chart among it. */
async function everyPanel(page, titles) {
  const texts = {};
  for (const title of titles) {
    const place = panel(page, title);
    await place.locator('[data-testid="headroom-chart"], [data-testid="headroom-comparison"], [data-testid="headroom-verdicts"]').first().waitFor();
    if ((await place.getByTestId('headroom-chart').count()) > 0) {
      await drawnChart(page, title);
    }
    await painted(page);
    const summary = await place.getByTestId('headroom-chart').evaluateAll((charts) => charts.map((chart) => chart.getAttribute('aria-label')));
    texts[title] = [await place.innerText(), ...summary].join('\n');
  }
  return texts;
}

/** As a snapshot keeps it: without a key for what is null. */
function withoutNulls(value) {
  if (Array.isArray(value)) {
    return value.map(withoutNulls);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== null).map(([key, entry]) => [key, withoutNulls(entry)]));
}

/** Answers every query of the page with what a snapshot would have kept. `changed` may make the answer poorer before. */
async function asSnapshot(page, counted, changed = (custom) => custom) {
  await page.route(QUERIES, async (route) => {
    const response = await route.fetch();
    const answer = await response.json();
    for (const { frames = [] } of Object.values(answer.results ?? {})) {
      for (const { schema } of frames) {
        if (schema.meta?.custom) {
          const custom = changed(schema.meta.custom);
          counted.nulls += JSON.stringify(custom).split(':null').length - 1;
          schema.meta.custom = withoutNulls(custom);
        }
      }
    }
    await route.fulfill({ response, json: answer });
  });
}

/** The same answer about a benchmark of which nobody said anything. */
function nobodySaid(custom) {
  const FACTS = ['model', 'quantization', 'hardware', 'gpus', 'engine', 'price_per_hour', 'price_source', 'tool_version', 'started_ms', 'ended_ms', 'prompt_tokens', 'output_tokens', 'output_tokens_error', 'shape'];
  const poor = (run) => run && { ...run, ...Object.fromEntries(FACTS.map((fact) => [fact, null])) };
  return {
    ...custom,
    ...(custom.run && { run: poor(custom.run) }),
    ...(custom.runs && { runs: custom.runs.map((one) => ({ ...one, run: poor(one.run) })) }),
  };
}

const VIEWS = ['What if', 'Comparison', 'Production on the curve', 'Tokens per dollar', 'Dollars per million', 'Yield per GPU', 'Yield per dollar'];
const SIZING = ['Where it breaks', 'Time to first token over users', 'Inter-token latency over users', 'Output tokens per second over users'];
const ECONOMICS = ['Which gives more tokens for a dollar?', 'Deployment against deployment', 'What if?'];

describe('a snapshot', () => {
  const check = async (url, uid, titles, changed) => {
    const live = await opened(`${url}/d/${uid}?theme=dark`, (page) =>
      page.route(QUERIES, async (route) => {
        const response = await route.fetch();
        const answer = await response.json();
        for (const { frames = [] } of Object.values(answer.results ?? {})) {
          for (const { schema } of frames.filter(({ schema }) => schema.meta?.custom)) {
            schema.meta.custom = changed ? changed(schema.meta.custom) : schema.meta.custom;
          }
        }
        await route.fulfill({ response, json: answer });
      }),
    );
    const expected = await everyPanel(live.page, titles);
    await live.page.close();
    const counted = { nulls: 0 };
    const { page, complaints } = await opened(`${url}/d/${uid}?theme=dark`, (one) => asSnapshot(one, counted, changed));
    const found = await everyPanel(page, titles);
    assert.ok(counted.nulls > 0, 'there was no null to leave out');
    assert.deepEqual(found, expected);
    for (const [title, text] of Object.entries(found)) {
      assert.doesNotMatch(text, /undefined|NaN|\[object/, title);
    }
    assert.deepEqual(complaints, []);
    await page.close();
  };

  it('of every view says what the dashboard said', () => check(views.url, 'views', VIEWS));
  it('of benchmarks that nobody described says what the dashboard said', () => check(views.url, 'views', VIEWS.slice(0, 3), nobodySaid));
  it('of the shipped dashboards says what they said', async () => {
    const shipped = await startPreviewOf({ provisioning: 'provisioning', prometheus: production?.url });
    try {
      await check(shipped.url, 'headroom-sizing', SIZING);
      await check(shipped.url, 'headroom-economics', ECONOMICS);
    } finally {
      await shipped.stop();
    }
  });
});

/** Spoils the queries that `spoilt` chooses, so that the backend itself refuses them. */
async function spoil(page, spoilt) {
  await page.route(QUERIES, async (route) => {
    const body = route.request().postDataJSON();
    body.queries.filter(spoilt).forEach((query) => Object.assign(query, { slo: 'nope' }));
    await route.continue({ postData: JSON.stringify(body) });
  });
}

describe('a query that failed', () => {
  it('says why in the panel, in every view', async () => {
    const { page } = await opened(`${views.url}/d/views?theme=dark`, (one) => spoil(one, () => true));
    for (const title of VIEWS) {
      const empty = panel(page, title).getByTestId('headroom-no-data');
      await empty.getByText('Query A failed').waitFor();
      assert.match(await empty.innerText(), /there is no service level `nope`; expected `custom` or one of interactive/, title);
      assert.doesNotMatch(await empty.innerText(), /No runs to show/, title);
    }
    await page.close();
  });

  it('beside another one that did not is said above the picture', async (test) => {
    if (!production) {
      test.skip('left out: there is no `prometheus` on the PATH (Debian: apt-get install prometheus)');
      return;
    }
    const { page } = await opened(`${views.url}/d/views?theme=dark`, (one) => spoil(one, ({ queryType }) => queryType === 'overlay'));
    await drawnChart(page, 'Production on the curve');
    const note = panel(page, 'Production on the curve').getByTestId('headroom-note');
    assert.match(await note.innerText(), /^Query B failed: .*there is no service level `nope`/);
    assert.equal(await panel(page, 'Comparison').getByTestId('headroom-note').count(), 0);
    await page.close();
  });

  it('by a backend that does not answer says so', async () => {
    const { page } = await opened(`${views.url}/d/views?theme=dark`, (one) =>
      one.route(QUERIES, (route) => route.fulfill({ status: 502, json: { message: 'bad gateway' } })),
    );
    await panel(page, 'Comparison').getByTestId('headroom-no-data').getByText('bad gateway').waitFor();
    await page.close();
  });

  it('because its data source is gone says that', async () => {
    const other = await startWith(() => [{ uid: 'other', name: 'Other', jsonData: {} }], { dashboards: `${root}/tests/e2e/provisioning/dashboards/views` });
    const { page } = await opened(`${other.url}/d/views?theme=dark`);
    const empty = panel(page, 'Comparison').getByTestId('headroom-no-data');
    await empty.getByText('The data source of this panel is not there').waitFor();
    assert.match(await empty.innerText(), /"headroom" was not found/);
    await page.close();
    await other.stop();
  });
});

/** Gives every panel of a dashboard standard options of the user's own. */
async function configured(page, defaults) {
  await page.route('**/api/dashboards/uid/views', async (route) => {
    const response = await route.fetch();
    const answer = await response.json();
    for (const one of answer.dashboard.panels) {
      one.fieldConfig = { defaults, overrides: [] };
    }
    await route.fulfill({ response, json: answer });
  });
}

describe('standard options that are offered', () => {
  const TITLE = 'Production on the curve';
  const picture = async (defaults) => {
    const { page } = await opened(`${views.url}/d/views?theme=dark`, (one) => configured(one, defaults));
    const chart = await drawnChart(page, TITLE);
    await painted(page);
    const drawn = await chart.locator('canvas').first().evaluate((canvas) => canvas.toDataURL());
    await page.close();
    return drawn;
  };

  it('change the picture', async () => {
    const plain = await picture({});
    assert.ok((await picture({})) === plain, 'the same options do not draw the same');
    for (const option of [{ unit: 's' }, { decimals: 3 }, { min: -2000 }, { max: 40_000 }, { color: { mode: 'fixed', fixedColor: 'purple' } }]) {
      assert.ok((await picture(option)) !== plain, `${JSON.stringify(option)} does nothing`);
    }
  });

  it('name a run, and link its levels from the tooltip that is pinned', async () => {
    const links = [{ title: 'Logs of this level', url: 'https://logs.invalid/?of=${__value.raw}' }];
    const { page, complaints } = await opened(`${views.url}/d/views?theme=dark`, (one) => configured(one, { displayName: 'my run', links }));
    const chart = await drawnChart(page, TITLE);
    assert.match(await panel(page, TITLE).getByTestId('headroom-legend').innerText(), /my run/);
    await chart.focus();
    await page.keyboard.press('Home');
    const tooltip = page.getByTestId('headroom-tooltip');
    assert.match(await tooltip.innerText(), /Click to pin and to follow its links/);
    await page.keyboard.press('Enter');
    const link = tooltip.getByRole('link', { name: 'Logs of this level' });
    const shown = await tooltip.getByTestId('headroom-tooltip-value').innerText();
    const of = Number(new URL(await link.getAttribute('href')).searchParams.get('of'));
    assert.ok(Math.abs(of / Number.parseFloat(shown.replaceAll(',', '')) - 1) < 0.01, `${of} of ${shown}`);
    assert.deepEqual(complaints, []);
    await page.close();
  });

  it('hide a run from the legend or from the tooltip', async () => {
    const { page } = await opened(`${views.url}/d/views?theme=dark`, (one) => configured(one, { custom: { hideFrom: { legend: true, tooltip: true, viz: false } } }));
    const chart = await drawnChart(page, TITLE);
    assert.equal(await panel(page, TITLE).getByTestId('headroom-legend').getByRole('button').count(), 0);
    await chart.focus();
    await page.keyboard.press('Home');
    await painted(page);
    assert.equal(await page.getByTestId('headroom-tooltip').count(), 0);
    await page.close();
  });
});
