import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { Health } from '../../datasource/resources';
import { type HealthDetails, type ListedRun, type Problem, ProblemSeverity } from '../../generated/contract';
import { type Found, type State, type Step, stepsOf } from './steps';

const ADMIN = { addSource: true, editSource: true, explore: true, enableApp: true };
const EDITOR = { addSource: false, editSource: false, explore: true, enableApp: false };
const VIEWER = { addSource: false, editSource: false, explore: false, enableApp: false };

const ok = <T>(value: T) => ({ loading: false, value });
const failed = (error: string) => ({ loading: false, error });
const loading = { loading: true };

const PROMETHEUS = {
  url: 'http://p:9090',
  program: 'Prometheus 3.5',
  targets: 2,
  servers: ['vLLM 0.32'],
  failing: [],
  missing: [],
};

const health = (details: Partial<HealthDetails>, works = true) =>
  ok<Health>({ works, message: '', details: { settings: [], ...details } });

function run(deployment: string, changes: Partial<ListedRun> = {}): ListedRun {
  const facts = { model: 'm', quantization: 'q', hardware: 'h', gpus: 1, price_per_hour: 2 };
  return { id: deployment, deployment, ...facts, ...changes } as ListedRun;
}

const inProduction = (name: string, servers = 1, benchmark = true) => ({
  name,
  model_name: name,
  namespace: null,
  servers,
  benchmark,
});

/** Everything is there and nothing is missing. */
const COMPLETE: Found = {
  source: {
    uid: 'headroom',
    name: 'Headroom',
    store: { word: 'folder' as const, place: '/reports' },
    prometheusUrl: 'http://p:9090',
  },
  health: health({ reports: 1, settings: [], deployments: [], prometheus: PROMETHEUS }),
  runs: ok([run('chat')]),
  problems: ok([]),
  production: ok([inProduction('chat')]),
  dashboards: ok([{ uid: 'headroom-sizing', title: 'Sizing and saturation' }]),
  rights: ADMIN,
};

const WITHOUT_PROMETHEUS = {
  uid: 'headroom',
  name: 'Headroom',
  store: { word: 'folder' as const, place: '/reports' },
  prometheusUrl: '',
};

const NO_SOURCE: Found = { ...COMPLETE, source: undefined, health: { loading: false }, runs: { loading: false } };

/** Checks the states of all steps, and the text and the actions of one of them. */
function check(found: Partial<Found>, states: State[], id: Step['id'], words: RegExp, offers: string[]): Step {
  const steps = stepsOf({ ...COMPLETE, ...found });
  assert.deepEqual(
    steps.map(({ state }) => state),
    states,
  );
  const step = steps.find((one) => one.id === id);
  assert.ok(step);
  assert.match(step.text.join('\n'), words);
  assert.deepEqual(
    step.actions.map(({ label }) => label),
    offers,
  );
  // At most one action is the primary one.
  assert.ok(step.actions.filter(({ primary }) => primary === true).length <= 1);
  return step;
}

describe('a Grafana without a data source', () => {
  const states: State[] = ['todo', 'waiting', 'waiting', 'waiting', 'waiting'];
  it('leads administrators to the list of data sources', () => {
    const { actions } = check(NO_SOURCE, states, 'source', /folder, the bucket or the server with your reports/, [
      'Add a Headroom data source',
    ]);
    assert.equal(actions[0]?.href, '/connections/datasources/new');
  });
  it('tells everybody else whom to ask', () => {
    for (const rights of [EDITOR, VIEWER]) {
      check({ ...NO_SOURCE, rights }, states, 'source', /administrators.*ask one/, []);
    }
  });
});

describe('a data source that is complete', () => {
  it('has nothing left to do, and leads to the curve', () => {
    const done: State[] = ['done', 'done', 'done', 'done', 'done'];
    const { actions } = check({}, done, 'curve', /Latency over load/, ['Sizing and saturation', 'Explore the curve']);
    assert.equal(actions[0]?.href, '/d/headroom-sizing?var-datasource=headroom');
    const panes = new URLSearchParams(actions[1]?.href.split('?')[1]).get('panes') ?? '';
    const { headroom } = JSON.parse(panes) as { headroom: { datasource: string; queries: { queryType: string }[] } };
    assert.deepEqual([headroom.datasource, headroom.queries[0]?.queryType], ['headroom', 'curve']);
    check({ rights: VIEWER }, done, 'curve', /Latency over load/, ['Sizing and saturation']);
    check({ rights: VIEWER }, done, 'source', /Headroom is set up/, []);
  });
  it('without a dashboard leads to Explore, and to where dashboards come from', () => {
    const states: State[] = ['done', 'done', 'done', 'done', 'attention'];
    check({ dashboards: ok([]) }, states, 'curve', /no dashboard.*may see/, ['Explore the curve', 'The app’s page']);
    check({ dashboards: failed('not allowed') }, states, 'curve', /not be listed: not allowed\./, [
      'Explore the curve',
      'The app’s page',
    ]);
    const nobody = { dashboards: ok([]) };
    check({ ...nobody, rights: EDITOR }, states, 'curve', /Only administrators.*enable apps/, ['Explore the curve']);
    check({ ...nobody, rights: VIEWER }, states, 'curve', /Only administrators.*enable apps/, []);
  });
});

describe('a data source that does not answer', () => {
  it('says why once, and the rest waits', () => {
    const found = { health: failed('the plugin is not running'), runs: failed('the plugin is not running') };
    check(
      found,
      ['failed', 'waiting', 'waiting', 'waiting', 'waiting'],
      'source',
      /does not answer: the plugin is not running\./,
      ['Settings'],
    );
  });
  it('is unknown while it is asked', () => {
    const found = { health: loading, runs: loading, problems: loading, production: loading };
    check(found, ['loading', 'loading', 'loading', 'loading', 'waiting'], 'source', /Headroom/, ['Settings']);
  });
  it('in part still shows the other parts', () => {
    const found = { health: failed('timeout') };
    check(found, ['failed', 'done', 'failed', 'done', 'done'], 'prometheus', /not known: timeout\./, ['Settings']);
  });
  it('with wrong settings names each of them', () => {
    const wrong = health({
      settings: ['defaultSlo: there is no `x`'],
      deployments: ['deployments.yaml: line 3'],
      prometheus: PROMETHEUS,
    });
    check(
      { health: wrong },
      ['attention', 'done', 'done', 'done', 'done'],
      'source',
      /no `x`\.\ndeployments.yaml: line 3\./,
      ['Settings'],
    );
  });
});

describe('reports', () => {
  const before: State[] = ['done', 'todo', 'done', 'attention', 'waiting'];
  it('without a folder need one', () => {
    const source = { ...COMPLETE.source, uid: 'u', name: 'H', prometheusUrl: 'x', store: undefined };
    check({ source, runs: ok([]) }, before, 'reports', /No store of reports is set/, ['Settings']);
    check({ source, runs: ok([]), rights: EDITOR }, before, 'reports', /Only administrators/, []);
  });
  it('in an empty folder need a benchmark, and it says which tools', () => {
    check({ runs: ok([]) }, before, 'reports', /\/reports can be read.*\n.*GuideLLM/, ['Settings']);
  });
  it('that cannot be read lead to the page that says why', () => {
    const problem: Problem = {
      ...{ source: 'a.json', severity: ProblemSeverity.Error, code: 'c', place: null, message: 'm', run: null },
    };
    const bad = ok([
      problem,
      { ...problem, code: 'd' },
      { ...problem, source: 'b.json', severity: ProblemSeverity.Warning },
    ]);
    check(
      { runs: ok([]), problems: bad },
      ['done', 'failed', 'done', 'attention', 'waiting'],
      'reports',
      /no run: 1 report in/,
      ['Open Runs', 'Settings'],
    );
    check(
      { problems: bad },
      ['done', 'attention', 'done', 'done', 'done'],
      'reports',
      /^1 run in .*\n1 report could not be read in full/,
      ['Open Runs'],
    );
  });
  it('in a folder that is not there say so', () => {
    const states: State[] = ['done', 'failed', 'done', 'attention', 'waiting'];
    check(
      { runs: failed('the folder /nope does not exist') },
      states,
      'reports',
      /^The folder \/nope does not exist\.$/,
      ['Settings'],
    );
    check({ runs: failed('/nope does not exist'), rights: VIEWER }, states, 'reports', /Only administrators/, []);
  });
});

describe('a Prometheus', () => {
  it('is a choice: without one benchmarks are shown alone', () => {
    const found = { source: WITHOUT_PROMETHEUS, health: health({ reports: 1 }), production: ok([]) };
    const step = check(found, ['done', 'done', 'todo', 'done', 'done'], 'prometheus', /None is set\..*shown alone/, [
      'Settings',
    ]);
    assert.ok(step.actions.every(({ primary }) => primary !== true));
  });
  it('that does not answer says why', () => {
    const found = {
      health: health({ prometheus: { url: 'x', error: 'x refuses the connection' } }, false),
      production: failed('x refuses the connection'),
    };
    check(found, ['done', 'done', 'failed', 'attention', 'done'], 'prometheus', /^x refuses the connection\.$/, [
      'Settings',
    ]);
  });
  it('without model servers, with a failing one, and with a quantity that is missing, is not complete', () => {
    const states: State[] = ['done', 'done', 'attention', 'done', 'done'];
    const of = (changes: object) => ({ health: health({ prometheus: { ...PROMETHEUS, ...changes } }) });
    check(of({ targets: 0 }), states, 'prometheus', /no metrics of a model server/, ['Settings']);
    check(
      of({ failing: ['a:8000', 'b:8000'] }),
      states,
      'prometheus',
      /2 model servers \(vLLM 0.32\).*\nNot scraped now: a:8000 and b:8000\./,
      [],
    );
    check(of({ missing: ['vLLM has no ITL'] }), states, 'prometheus', /vLLM has no ITL\./, []);
  });
});

describe('deployments', () => {
  it('say what each one lacks', () => {
    const found = {
      runs: ok([
        run('chat', { price_per_hour: null, gpus: null }),
        run('chat', { price_per_hour: 3, gpus: null }),
        run('old'),
      ]),
      production: ok([inProduction('chat', 2), inProduction('old', 0), inProduction('stranger', 1, false)]),
    };
    const { deployments } = check(
      found,
      ['done', 'done', 'done', 'attention', 'done'],
      'deployments',
      /^3 deployments, each of which lacks something\./,
      ['Settings'],
    );
    assert.deepEqual(deployments, [
      { name: 'chat', runs: 2, servers: 2, unknown: ['GPU count'] },
      { name: 'old', runs: 1, servers: 0, unknown: [] },
      { name: 'stranger', runs: 0, servers: 1, unknown: [] },
    ]);
  });
  it('are not called absent from production where nobody asked', () => {
    const found = { source: WITHOUT_PROMETHEUS, health: health({ reports: 1 }), production: ok([]) };
    const { deployments } = check(
      found,
      ['done', 'done', 'todo', 'done', 'done'],
      'deployments',
      /^1 deployment, with everything/,
      [],
    );
    assert.equal(deployments?.[0]?.servers, undefined);
  });
});
