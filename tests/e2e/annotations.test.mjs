// What the data source answers as annotations is what Grafana takes for regions and points, by its own rule: the parts of an
// annotation are the fields that are *displayed* as time, timeEnd, title, text and tags.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, describe, it } from 'node:test';

import { build, startPreview } from './support/programs.mjs';

globalThis.navigator ??= { language: 'en', languages: ['en'] };
// Its CommonJS build needs no browser.
const { dataFrameFromJSON, getFieldDisplayName } = createRequire(import.meta.url)('@grafana/data');

/** The recorded production of the demo, milliseconds since the Unix epoch. */
const RECORDED = { from: String(Date.UTC(2026, 10, 24, 4, 17, 5)), to: String(Date.UTC(2026, 10, 24, 4, 36, 10)) };

/** The annotations of a kind as Grafana reads them: each part by the display name of its field. `undefined` where there is no production. */
async function annotations(preview, kind) {
  const query = { refId: 'Anno', datasource: { uid: 'headroom' }, queryType: 'annotations', kinds: [kind] };
  const response = await fetch(`${preview.url}/api/ds/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ queries: [query], ...RECORDED }),
  });
  const { results } = await response.json();
  if (results.Anno.error?.includes('no Prometheus')) {
    return undefined;
  }
  assert.equal(results.Anno.error, undefined);
  const frame = dataFrameFromJSON(results.Anno.frames[0]);
  const byName = new Map(frame.fields.map((field) => [getFieldDisplayName(field, frame).toLowerCase(), field]));
  const part = (name, at) => byName.get(name.toLowerCase())?.values[at] ?? undefined;
  return Array.from({ length: frame.length }, (_, at) => {
    const [time, timeEnd, title, text, tags] = ['time', 'timeEnd', 'title', 'text', 'tags'].map((name) => part(name, at));
    return { isRegion: Boolean(timeEnd && timeEnd !== time), title, text, tags: tags?.split(',') };
  });
}

describe('annotations as Grafana reads them', () => {
  let preview;
  before(async () => {
    await build();
    preview = await startPreview();
  });
  after(() => preview?.stop());

  for (const [kind, tag] of [
    ['episodes', 'saturation'],
    ['runs', 'benchmark'],
  ]) {
    it(`${kind} are regions`, async () => {
      const found = await annotations(preview, kind);
      if (found === undefined) {
        console.log('left out: no `prometheus` on the PATH, so there is no production');
        return;
      }
      assert.ok(found.length > 0);
      for (const { isRegion, title, text, tags } of found) {
        assert.ok(isRegion, `${title} is a line`);
        assert.ok(title && text, `${title}: ${text}`);
        assert.equal(tags?.[0], tag, title);
      }
    });
  }
});
