import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { joinLimits, limitsProblem, limitsToText, splitLimits } from './limits';

function check(text: string, problem: RegExp | undefined) {
  const found = limitsProblem(splitLimits(text));
  if (problem === undefined) {
    assert.equal(found, undefined, text);
  } else {
    assert.match(found ?? '', problem, text);
  }
}

describe('limits as text', () => {
  it('are taken apart and put together', () => {
    const limits = splitLimits(' ttft_p95=1s;itl_p95 <= 50ms,\n error_rate=1% ,');
    assert.deepEqual(limits, ['ttft_p95=1s', 'itl_p95 <= 50ms', 'error_rate=1%']);
    assert.deepEqual(splitLimits(joinLimits(limits)), limits);
  });
  it('are accepted in every form that the backend reads', () => {
    for (const text of [
      'ttft_p95=1000ms',
      'TTFT_P95<=1s',
      'e2e_mean ≤ 7.5 s',
      'tpot_p50=.5s',
      'error_rate=1%',
      'error_rate=0.01',
      'error_rate=100%',
      'kv_cache_use=0.9',
      'queue_depth=5',
    ]) {
      check(text, undefined);
    }
  });
  it('may contain variables, which only the backend sees replaced', () => {
    check('ttft_p95=$bound', undefined);
    check('${subject}=1s', undefined);
  });
  it('are refused with what was expected', () => {
    check('', /at least one limit/);
    check('ttft_p95', /name=bound/);
    check('ttft_p95<1s', /name=bound/);
    check('ttft_p95>=1s', /name=bound/);
    check('ttft_p95=1000', /duration above zero in ms or s/);
    check('ttft_p95=0ms', /duration above zero/);
    check('ttft_p95=1%', /duration/);
    check('ttft=1s', /found “ttft”/);
    check('ttft_p42=1s', /found “ttft_p42”/);
    check('error_rate=1', /share below 1 or per cent/);
    check('error_rate=101%', /share/);
    check('queue_depth=5ms', /number of requests/);
    check('ttft_p95=1s, latency=2s', /found “latency”/);
  });
  it('come from a service level in a form that is accepted again', () => {
    const text = limitsToText([
      { id: 'ttft_p95', bound: 1000, unit: 'ms' },
      { id: 'error_rate', bound: 0.01, unit: 'ratio' },
      { id: 'kv_cache_use', bound: 1, unit: 'ratio' },
      { id: 'queue_depth', bound: 5, unit: 'requests' },
    ]);
    assert.deepEqual(text, ['ttft_p95=1000ms', 'error_rate=0.01', 'kv_cache_use=100%', 'queue_depth=5']);
    check(joinLimits(text), undefined);
  });
});
