import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { DEFAULTS, Part, QUERY_KINDS, QueryKind } from '../../generated/contract';
import { fieldsOf, takes } from './options';

describe('the fields of a query', () => {
  it('are those that the backend reads for its kind', () => {
    const { Deployments, Runs, Limits, Load } = Part;
    assert.deepEqual([...takes(QueryKind.Verdict)], [Deployments, Runs, Limits, Load]);
    assert.ok(takes(QueryKind.Headroom).has(Part.Form) && !takes(QueryKind.Drift).has(Part.Form));
    assert.ok(fieldsOf(QueryKind.Live).length > 0 && fieldsOf(QueryKind.Overlay).length === 0);
  });
  it('are those of the default kind where a query says nothing', () => {
    assert.deepEqual(takes(undefined), takes(DEFAULTS.queryType));
    assert.ok(takes(undefined).size > 0);
  });
  it('are all of them where a variable stands for the kind', () => {
    assert.deepEqual(new Set(takes('$kind')), new Set(Object.values(Part)));
  });
  it('are known for every kind', () => {
    for (const { value } of QUERY_KINDS) {
      assert.ok(takes(value).size > 0, value);
    }
  });
});
