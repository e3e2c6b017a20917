import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { QUERY_TYPES, takes } from './options';

/** Names of what is shown for a type. */
function shown(queryType: string | undefined): string[] {
  return Object.entries(takes(queryType)).flatMap(([name, is]) => (is ? [name] : []));
}

describe('the fields of a query', () => {
  it('are those that the backend reads for its type', () => {
    assert.deepEqual(shown('verdict'), ['deployments', 'runs', 'limits', 'load']);
    assert.deepEqual(shown('curve'), ['deployments', 'runs', 'limits', 'load', 'metric', 'statistic']);
    assert.deepEqual(shown('promql'), ['interval', 'promql', 'prometheus']);
    assert.deepEqual(shown('annotations'), ['deployments', 'namespaces', 'limits', 'kinds']);
    assert.ok(shown('headroom').includes('format') && !shown('drift').includes('format'));
    assert.ok(shown('live').includes('fields') && !shown('overlay').includes('fields'));
  });
  it('are those of a curve where a query says nothing', () => {
    assert.deepEqual(shown(undefined), shown('curve'));
  });
  it('are all of them where a variable stands for the type', () => {
    assert.equal(Object.values(takes('$kind')).every(Boolean), true);
  });
  it('are known for every type', () => {
    for (const { value } of QUERY_TYPES) {
      assert.ok(shown(value).length > 0, value);
    }
  });
});
