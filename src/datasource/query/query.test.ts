import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { CoreApp } from '@grafana/data';

import { QueryKind } from '../../generated/contract';
import type { HeadroomQuery } from '../types';
import type { Replace } from './expandList';
import { defaultQuery, expandQuery, isUnsaved, normalizeQuery } from './query';

const NOTHING = { refId: 'A' };

/** A saved query. A dashboard may contain anything, so any object is accepted. */
function saved(query: object): HeadroomQuery {
  return { refId: 'A', ...query };
}

function checkNormal(query: object, expected: object) {
  assert.deepEqual(normalizeQuery(saved(query)), { ...NOTHING, ...expected });
}

describe('a saved query', () => {
  it('lacks what it says nothing about, so that the backend alone knows what that means', () => {
    checkNormal({}, {});
    checkNormal({ queryType: '', select: null, loadModel: 5 }, {});
  });
  it('keeps what it says, variables and unknown words too', () => {
    const query = { queryType: 'verdict', select: '$select', loadModel: 'open', slo: 'batch', metric: 'itl' };
    checkNormal(query, query);
    checkNormal({ queryType: 'forecast' }, { queryType: 'forecast' });
  });
  it('may have one text where a list belongs', () => {
    checkNormal({ deployments: 'a', models: '', runs: '$run' }, { deployments: ['a'], runs: ['$run'] });
  });
  it('has no empty lists and no entries that are not texts', () => {
    checkNormal({ deployments: [], models: ['', null, 'm', 3], limits: {} }, { models: ['m'] });
  });
  it('keeps what belongs to Grafana', () => {
    const grafana = { refId: 'B', hide: true, datasource: { type: 'headroom-llm-datasource', uid: 'x' }, key: 'k' };
    checkNormal(grafana, grafana);
  });
  it('is the same when read twice, and is not changed itself', () => {
    const query = saved({ deployments: 'a', metric: '' });
    const once = normalizeQuery(query);
    assert.deepEqual(normalizeQuery(once), once);
    assert.deepEqual(query, saved({ deployments: 'a', metric: '' }));
  });
});

describe('a new query', () => {
  it('asks what is left in an alert rule and what the backend takes it for everywhere else', () => {
    for (const app of [undefined, ...Object.values(CoreApp)]) {
      const alerting = app === CoreApp.UnifiedAlerting || app === CoreApp.CloudAlerting;
      assert.equal(defaultQuery(app).queryType, alerting ? QueryKind.Headroom : undefined, app);
    }
  });
  it('of an alert rule is saved where Grafana has kept nothing of it', () => {
    const empty = [saved({}), saved({ refId: 'B', queryType: 'verdict' })];
    assert.equal(isUnsaved('A', empty, CoreApp.UnifiedAlerting), true);
    assert.equal(isUnsaved('B', empty, CoreApp.UnifiedAlerting), false);
    assert.equal(isUnsaved('A', empty, CoreApp.PanelEditor), false);
    assert.equal(isUnsaved('A', undefined, CoreApp.UnifiedAlerting), false);
  });
});

describe('the query that is sent', () => {
  const values: Record<string, unknown> = { dep: ['a', 'b'], slo: 'batch', stat: 'p99', bound: '800ms', every: 'All' };
  const replace: Replace = (text, format) =>
    text.replace(/\$(\w+)/g, (whole, name: string) => (name in values ? format(values[name]) : whole));
  const checkSent = (query: object, expected: object) => {
    assert.deepEqual(expandQuery(saved(query), replace), { ...NOTHING, ...expected });
  };

  it('has the variables of an expression replaced as regular expressions, and what is not a variable left alone', () => {
    const multi = { multi: true };
    const only: Record<string, readonly [unknown, object] | undefined> = {
      dep: [['a.b', 'c'], multi],
      one: [['a.b'], multi],
      none: [[], multi],
      all: ['x+y', { includeAll: true }],
      gpus: ['gpu!="", Hostname=~"n.+"', {}],
    };
    const asked: Replace = (text, format) =>
      text.replace(/\$(\w+)/g, (whole, name: string) => {
        const known = only[name];
        return known ? format(...known) : whole;
      });
    const check = (expr: string, expected: string) => {
      assert.equal(expandQuery(saved({ queryType: 'promql', expr }), asked).expr, expected);
    };
    check('rate(x{d=~"$dep"}[$__rate_interval])', 'rate(x{d=~"(a\\\\.b|c)"}[$__rate_interval])');
    check('x{d=~"$one",e=~"$none",f=~"$all"}', 'x{d=~"(a\\\\.b)",e=~"()",f=~"x\\\\+y"}');
    check('x{$gpus} > 0', 'x{gpu!="", Hostname=~"n.+"} > 0');
  });
  it('has the lists and options of production replaced', () => {
    checkSent(
      {
        namespaces: ['$dep'],
        fields: ['ttft'],
        window: '$bound',
        format: 'series',
        kinds: 'runs',
        legendFormat: '{{a}} $slo',
      },
      {
        namespaces: ['a', 'b'],
        fields: ['ttft'],
        window: '800ms',
        format: 'series',
        kinds: ['runs'],
        legendFormat: '{{a}} batch',
      },
    );
  });
  it('has every variable replaced, those of limits and single values too', () => {
    checkSent(
      { deployments: ['$dep', 'c'], slo: '$slo', statistic: '$stat', limits: ['ttft_p95=$bound'] },
      { deployments: ['a', 'b', 'c'], slo: 'batch', statistic: 'p99', limits: ['ttft_p95=800ms'] },
    );
  });
  it('leaves out a list that means everything', () => {
    checkSent({ deployments: ['$every'], models: ['All'] }, {});
  });
});
