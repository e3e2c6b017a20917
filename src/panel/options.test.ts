import assert from 'node:assert/strict';
import test from 'node:test';

import { completed } from './options';

test('a choice that does not exist is the default', () => {
  const unknown = {
    view: 'map',
    xScale: 'cubic',
    costUnit: 'euros',
    yieldPer: 'watt',
    tokenBasis: 'none',
    part: 'half',
  } as object;
  assert.deepEqual(completed(unknown), completed({}));
});

test('the Pareto view counts output tokens, whatever another view counts', () => {
  assert.equal(completed({ view: 'cost', tokenBasis: 'prompt' }).tokenBasis, 'prompt');
  assert.equal(completed({ view: 'pareto', tokenBasis: 'prompt' }).tokenBasis, 'output');
});
