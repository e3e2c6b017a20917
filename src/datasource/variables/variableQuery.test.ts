import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { ListedRun } from '../../generated/contract';
import { choices, normalizeVariableQuery } from './variableQuery';

const RUN: ListedRun = {
  id: 'abc123',
  label: 'tiny-llama-bf16',
  deployment: 'tiny-llama-bf16',
  model: null,
  quantization: null,
  hardware: null,
  gpus: null,
  engine: null,
  price_per_hour: null,
  price_source: null,
  source: 'tiny/benchmarks.json',
  tool: 'guidellm',
  tool_version: null,
  started_ms: Date.UTC(2026, 10, 24, 4, 21, 8),
  ended_ms: null,
  prompt_tokens: null,
  output_tokens: null,
  output_tokens_error: null,
  shape: null,
  load_model: 'closed',
  load_unit: 'users',
  levels: 9,
  requests: 1200,
  files: [],
  problems: 0,
};

describe('a saved variable query', () => {
  const check = (saved: unknown, expected: object) => {
    assert.deepEqual(normalizeVariableQuery(saved), { refId: 'HeadroomVariable', ...expected });
  };
  it('may be the name of the list, as dashboards written by hand have it', () => {
    check('models', { kind: 'models' });
    check({ query: 'runs', refId: 'x' }, { query: 'runs', refId: 'x', kind: 'runs' });
  });
  it('keeps what narrows the list', () => {
    const query = { kind: 'runs', deployments: ['$deployment'], models: ['m'] };
    check(query, query);
  });
  it('lists deployments when it says nothing that is known', () => {
    for (const saved of [undefined, null, '', 'prices', 7, { kind: 'prices' }]) {
      assert.equal(normalizeVariableQuery(saved).kind, 'deployments');
    }
  });
});

describe('the choices of a variable', () => {
  it('are names for deployments and models', () => {
    const deployment = { name: 'a', model: null, quantization: null, hardware: null, gpus: null, runs: 1 };
    assert.deepEqual(choices.deployments([deployment]), [{ text: 'a', value: 'a' }]);
    assert.deepEqual(choices.models([{ name: 'm', runs: 2 }]), [{ text: 'm', value: 'm' }]);
    assert.deepEqual(choices.namespaces([{ name: 'n' }]), [{ text: 'n', value: 'n' }]);
  });
  it('are ids with words for runs and service levels', () => {
    assert.deepEqual(choices.runs([RUN, { ...RUN, id: 'def', load_model: 'open', started_ms: null }]), [
      { text: 'tiny-llama-bf16 · closed loop · 2026-11-24 04:21', value: 'abc123' },
      { text: 'tiny-llama-bf16 · open loop · unknown start', value: 'def' },
    ]);
  });
  it('begin with the default service level', () => {
    const slo = (id: string, isDefault: boolean) => ({
      id,
      name: `Level ${id}`,
      source: 's',
      default: isDefault,
      limits: [],
    });
    assert.deepEqual(
      choices.slos([slo('a', false), slo('b', false), slo('c', true)]).map(({ value }) => value),
      ['c', 'a', 'b'],
    );
    assert.deepEqual(choices.slos([slo('a', true)]), [{ text: 'Level a', value: 'a' }]);
  });
});
