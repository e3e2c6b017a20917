import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { ListedRun } from '../generated/contract';
import { matchesText } from './matchesText';

const RUN: ListedRun = {
  id: 'abc123',
  label: 'Tiny Llama',
  deployment: 'tiny-llama-bf16',
  model: 'TinyLlama',
  quantization: 'bf16',
  hardware: null,
  gpus: null,
  engine: 'vllm 0.32.0',
  price_per_hour: null,
  price_source: null,
  source: 'tiny/benchmarks.json',
  tool: 'guidellm',
  tool_version: '0.8.1',
  started_ms: null,
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

describe('finding a run', () => {
  const check = (search: string, expected: boolean) => {
    assert.equal(matchesText(RUN, search), expected, search);
  };
  it('takes every word anywhere, whatever the case', () => {
    check('', true);
    check('  ', true);
    check('TINY guidellm', true);
    check('0.8.1 vllm', true);
    check('benchmarks.json', true);
  });
  it('fails on one word that is nowhere', () => {
    check('tiny int8', false);
  });
  it('does not take unknown for a text', () => {
    check('null', false);
  });
  it('does not find a word across two texts', () => {
    check('guidellm0.8.1', false);
  });
});
