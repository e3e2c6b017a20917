// What of a dashboard is cut off, and when it can be looked at.

/** The docked menu and the margins beside a dashboard, as the preview and Grafana have them. */
const MENU = 300;
const MARGINS = 32;

/** How wide a window is that leaves this much for a dashboard. @param {number} content */
export const besideMenu = (content) => content + MENU + MARGINS;

/**
 * Waits until every panel has its answer and nothing moves any more.
 * @param {import('playwright-core').Page} page
 */
export async function settled(page) {
  await page.getByTestId('dashboard').waitFor();
  await page.waitForLoadState('networkidle');
  await page.waitForFunction(() => document.querySelectorAll('[data-viz-panel-key]').length > 0);
  // A variable's answer starts the next queries, so one look that finds nothing loading is not the end.
  for (let calm = 0; calm < 5; calm++) {
    await page.waitForTimeout(150);
    const loading = page.locator('[aria-label="Panel loading bar"]').first();
    if ((await loading.count()) > 0) {
      await loading.waitFor({ state: 'detached' });
      calm = 0;
    }
  }
  await page.evaluate(() => document.fonts.ready);
}

/**
 * Everything that is cut, as one line each. Runs in the page, so it sees nothing of this module.
 * @returns {string[]}
 */
export function cutTexts() {
  const found = [];
  const sticksOut = (element) => element.scrollWidth > element.clientWidth + 1;
  const text = (element) => element.textContent.trim().replaceAll(/\s+/g, ' ').slice(0, 60);
  if (document.documentElement.scrollWidth > window.innerWidth) {
    found.push(`the page is ${document.documentElement.scrollWidth} pixels wide in a window of ${window.innerWidth}`);
  }
  for (const panel of document.querySelectorAll('[data-viz-panel-key]')) {
    const title = panel.querySelector('h2');
    const name = title ? text(title) : 'a panel without a title';
    const say = (what, element) => found.push(`${name}: ${what}: ${text(element)}`);
    if (title && sticksOut(title)) {
      say('the title is cut', title);
    }
    for (const grid of panel.querySelectorAll('[role=grid]')) {
      if (sticksOut(grid)) {
        found.push(`${name}: columns lie off the edge: ${grid.scrollWidth} of ${grid.clientWidth} pixels`);
      }
      for (const cell of grid.querySelectorAll('[role=columnheader], [role=gridcell]')) {
        for (const element of [cell, ...cell.querySelectorAll('*')]) {
          const hides = getComputedStyle(element).overflow !== 'visible' || element === cell;
          if (hides && (sticksOut(element) || element.scrollHeight > element.clientHeight + 2)) {
            say(`a cell is cut (${element.scrollWidth}×${element.scrollHeight} in ${element.clientWidth}×${element.clientHeight})`, cell);
            break;
          }
        }
      }
    }
    // What is longer than its panel. A table of many rows may be: that it goes on is seen.
    for (const element of panel.querySelectorAll('*')) {
      const scrolls = /auto|scroll/.test(getComputedStyle(element).overflowY) && element.scrollHeight > element.clientHeight + 2;
      // Trying out is a form with its answer below: it scrolls.
      if (element.closest('[data-testid=headroom-what-if]') || element.querySelector('[data-testid=headroom-what-if]')) {
        continue;
      }
      // Of many cards those at the edge are cut, so that it is seen as well.
      if (scrolls && element.querySelectorAll('[data-testid=headroom-verdict]').length > 3) {
        continue;
      }
      if (scrolls && !(element.getAttribute('role') === 'grid' && element.getAttribute('aria-rowcount') > 6)) {
        say(`${element.scrollHeight - element.clientHeight} pixels lie below the edge`, element);
      }
    }
    // Whatever ends with an ellipsis where there is more, unless pointing at it shows the rest.
    for (const element of panel.querySelectorAll('*')) {
      const ends = getComputedStyle(element).textOverflow === 'ellipsis' && !element.closest('[role=grid]') && element !== title && element.title !== element.textContent;
      if (ends && element.clientWidth > 0 && sticksOut(element)) {
        say('a text is cut', element);
      }
    }
  }
  return found;
}
