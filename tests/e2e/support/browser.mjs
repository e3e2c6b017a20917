// A headless Chromium, and pages that remember everything that went wrong in them.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { chromium } from 'playwright-core';

import { root } from './programs.mjs';

const candidates = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];

/** Where screenshots are kept. */
export const pictures = process.env.HEADROOM_ARTIFACTS ?? join(root, '.cache/test/screenshots');

/** How long a condition may take before it counts as never. */
const PATIENCE_MS = 120_000;

/** @returns {Promise<import('playwright-core').Browser>} */
export async function launch() {
  const executablePath = process.env.CHROMIUM ?? candidates.find(existsSync);
  if (!executablePath) {
    throw new Error('no Chromium found; install it (Debian: apt-get install chromium) or name it in CHROMIUM');
  }
  mkdirSync(pictures, { recursive: true });
  return chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

/**
 * Opens a page. `complaints` collects console errors and warnings, exceptions, failed requests and violations of the
 * content security policy; `queries` the bodies sent to `/api/ds/query`.
 * @param {import('playwright-core').Browser} browser @param {string} address
 */
export async function open(browser, address, { width = 1280, height = 1000, ...context } = {}) {
  const page = await browser.newPage({ viewport: { width, height }, ...context });
  /** @type {string[]} */
  const complaints = [];
  /** @type {{ queries: Record<string, unknown>[] }[]} */
  const queries = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) {
      complaints.push(`console ${message.type()}: ${message.text()}`);
    }
  });
  page.on('pageerror', (error) => complaints.push(`exception: ${error.stack ?? error.message}`));
  page.on('response', (response) => {
    if (response.status() >= 400 || response.status() === 207) {
      complaints.push(`HTTP ${response.status()}: ${response.url()}`);
    }
  });
  page.on('requestfailed', (request) => {
    // A newer query replaces an older one, and an icon is no longer wanted when its place is gone: the page's own doing.
    const given = request.failure()?.errorText === 'net::ERR_ABORTED' && /\/api\/ds\/query|\/img\/icons\//.test(request.url());
    if (!given) {
      complaints.push(`request failed: ${request.url()} ${request.failure()?.errorText}`);
    }
  });
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().includes('/api/ds/query')) {
      queries.push(request.postDataJSON());
    }
  });
  await page.exposeFunction('__violation', (text) => complaints.push(`policy violation: ${text}`));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      window.__violation(`${event.violatedDirective} ${event.blockedURI} in ${event.sourceFile}`);
    });
  });
  // Nothing here measures time: a machine that also compiles may take as long as it needs.
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(address);
  return { page, complaints, queries };
}

/**
 * The panel of a dashboard by its title.
 * @param {import('playwright-core').Page} page @param {string} title
 */
export function panel(page, title) {
  return page.locator('[data-viz-panel-key]').filter({ has: page.getByRole('heading', { name: title, exact: true }) });
}

/**
 * Waits until the chart of a panel is drawn: its summary counts levels for each run.
 * @param {import('playwright-core').Page} page @param {string} title
 */
export async function drawnChart(page, title) {
  const chart = panel(page, title).getByTestId('headroom-chart');
  await chart.waitFor();
  await page.waitForFunction((element) => /\d+ levels/.test(element?.getAttribute('aria-label') ?? ''), await chart.elementHandle());
  return chart;
}

/**
 * Waits until the page has drawn what the last event changed: the frame after the next one shows it.
 * @param {import('playwright-core').Page} page
 */
export function painted(page) {
  return page.evaluate(() => new Promise((done) => window.requestAnimationFrame(() => window.requestAnimationFrame(done))));
}

/**
 * How many different colours a canvas has: 1 when it is blank.
 * @param {import('playwright-core').Locator} canvas
 */
export function coloursOf(canvas) {
  return canvas.evaluate((element) => {
    const copy = document.createElement('canvas');
    copy.width = element.width;
    copy.height = element.height;
    const context = copy.getContext('2d');
    context.drawImage(element, 0, 0);
    const { data } = context.getImageData(0, 0, copy.width, copy.height);
    const colours = new Set();
    for (let at = 0; at < data.length; at += 4) {
      colours.add((data[at] << 24) | (data[at + 1] << 16) | (data[at + 2] << 8) | data[at + 3]);
    }
    return colours.size;
  });
}
