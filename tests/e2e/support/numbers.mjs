// Numbers as a page shows them against exact ones.
import assert from 'node:assert/strict';

const UNITS = { ms: 1, s: 1000, µs: 0.001 };

/**
 * Every number in a text: `1,204.5` gives 1204.5 with 1 decimal.
 * @param {string} text
 */
export function numbersIn(text) {
  return [...text.matchAll(/-?\d[\d,]*(?:\.(\d+))?/g)].map((match) => ({
    value: Number(match[0].replaceAll(',', '')),
    decimals: match[1]?.length ?? 0,
  }));
}

/**
 * Asserts that the text shows the exact number, rounded to as many decimals as the text has.
 * @param {string} text @param {number} exact @param {string} what
 */
export function assertShows(text, exact, what) {
  const [first] = numbersIn(text);
  assert.ok(first, `${what}: no number in ${JSON.stringify(text)}`);
  assert.equal(first.value, Number(exact.toFixed(first.decimals)), `${what}: the page shows ${JSON.stringify(text)}, the command line has ${exact}`);
}

/**
 * The same for a latency, which the page may show in seconds.
 * @param {string} text @param {number} exactMs @param {string} what
 */
export function assertShowsLatency(text, exactMs, what) {
  const unit = /\b(ms|s|µs)\b/.exec(text.replace(/^[^a-zµ]*/, ''))?.[1];
  assert.ok(unit, `${what}: no unit in ${JSON.stringify(text)}`);
  assertShows(text, exactMs / UNITS[unit], what);
}
