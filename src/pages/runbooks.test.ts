import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';

import { nameIn, readRunbook } from './runbooks';

const folder = join(import.meta.dirname, '../../docs/runbooks');

describe('the runbook in an address', () => {
  for (const [path, expected] of [
    ['/a/headroom-llm-app/runbooks/headroom-low.md', 'headroom-low'],
    ['/grafana/a/headroom-llm-app/runbooks/headroom-low', 'headroom-low'],
    ['/a/headroom-llm-app/runbooks', 'README'],
    ['/a/headroom-llm-app/runbooks/', 'README'],
    ['/a/headroom-llm-app/runs', undefined],
    ['/a/headroom-llm-app', undefined],
  ] as const) {
    it(`${path} is ${expected}`, () => assert.equal(nameIn(path), expected));
  }
});

describe('every runbook of the repository', () => {
  const names = readdirSync(folder);
  for (const name of names) {
    it(`${name} has a title, and links that the app can follow`, () => {
      const { title, body } = readRunbook(readFileSync(join(folder, name), 'utf8'), '/a/app/runbooks');
      assert.match(title, /^\w/);
      for (const [, target] of body.matchAll(/\]\(([^)]*)\)/g)) {
        const page = /^\/a\/app\/runbooks\/([\w-]+\.md)$/.exec(target ?? '');
        assert.ok(page && names.includes(page[1] ?? ''), `${name} links to ${target}`);
      }
    });
  }
});
