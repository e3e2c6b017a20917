// The steps from an empty Grafana to a curve. From what was found, this decides the state, the text and the actions of
// each step.
import type { Dashboard } from '../../dashboards';
import type { Loaded } from '../../datasource/components/useLoaded';
import type { Health } from '../../datasource/resources';
import type { InProduction, Problem, ListedRun } from '../../generated/contract';
import { addDatasourceUrl, dashboardUrl, datasourceSettingsUrl, pluginUrl, runsUrl } from '../../links';
import { countWords } from '../../panel/words';
import { type DeploymentRow, deploymentRows, lacks, wordList } from './deployments';
import { exploreUrl } from './exploreUrl';
import type { Rights } from './rights';

/** A Headroom data source, with those of its settings that every user can read. */
export interface Source {
  uid: string;
  name: string;
  /** Where its reports are; `undefined` if that is not set. */
  store: { word: 'folder' | 'store'; place: string } | undefined;
  prometheusUrl: string | undefined;
}

/** What is known about this Grafana. */
export interface Found {
  /** The data source that the steps are about; `undefined` if there is none. */
  source: Source | undefined;
  health: Loaded<Health>;
  runs: Loaded<ListedRun[]>;
  problems: Loaded<Problem[]>;
  production: Loaded<InProduction[]>;
  dashboards: Loaded<Dashboard[]>;
  rights: Rights;
}

/**
 * `done`: nothing to do. `attention`: it works, but something is missing. `todo`: the next thing to do, or a choice.
 * `failed`: it was set up and does not work. `waiting`: an earlier step comes first. `loading`: not known yet.
 */
export type State = 'done' | 'attention' | 'todo' | 'failed' | 'waiting' | 'loading';

export interface Action {
  label: string;
  icon: 'plus' | 'cog' | 'list-ul' | 'apps' | 'compass' | 'plug';
  href: string;
  /** Whether this is the recommended action. */
  primary?: boolean;
}

export interface Step {
  id: 'source' | 'reports' | 'prometheus' | 'deployments' | 'curve';
  title: string;
  state: State;
  /** Paragraphs. */
  text: string[];
  actions: Action[];
  /** Only for the step that lists the deployments. */
  deployments?: DeploymentRow[];
}

/** Every step, in the order in which users take them. */
export function stepsOf(found: Found): Step[] {
  return [sourceStep(found), reportsStep(found), prometheusStep(found), deploymentsStep(found), curveStep(found)];
}

/** Whether the data source answers at all: if it does not, nothing else is known. */
function answers({ source, health, runs }: Found): boolean {
  return source !== undefined && (health.error === undefined || runs.value !== undefined);
}

function sourceStep({ source, health, rights }: Found): Step {
  const step = { id: 'source', title: 'A Headroom data source' } as const;
  if (!source) {
    return {
      ...step,
      state: 'todo',
      text: [
        'It reads your benchmark reports and asks your Prometheus. There is none yet, or none that you may query.',
        rights.addSource
          ? 'Find “Headroom” in the list of all data sources, and give it the folder, the bucket or the server with your reports.'
          : ONLY_ADMINISTRATORS.add,
      ],
      actions: rights.addSource
        ? [{ label: 'Add a Headroom data source', icon: 'plus', href: addDatasourceUrl(), primary: true }]
        : [],
    };
  }
  const settings = settingsAction(source, rights);
  if (health.loading) {
    return { ...step, state: 'loading', text: [source.name], actions: settings };
  }
  if (health.error !== undefined) {
    return {
      ...step,
      state: 'failed',
      text: [`${source.name} does not answer: ${ended(health.error)}`],
      actions: settings,
    };
  }
  const wrong = [...(health.value?.details?.settings ?? []), ...(health.value?.details?.deployments ?? [])];
  if (wrong.length > 0) {
    return {
      ...step,
      state: 'attention',
      text: [`Something in the settings of ${source.name} is left out:`, ...wrong.map(sentence)],
      actions: settings,
    };
  }
  return { ...step, state: 'done', text: [`${source.name} is set up and answers.`], actions: settings };
}

function reportsStep(found: Found): Step {
  const { source, runs, problems, rights } = found;
  const step = { id: 'reports', title: 'Benchmark reports' } as const;
  if (!source || !answers(found)) {
    return {
      ...step,
      ...waiting(
        'Reports of a benchmark that drives a model server at rising load. The data source finds them in a folder, in a bucket or on a server.',
      ),
    };
  }
  if (runs.loading || problems.loading) {
    return { ...step, state: 'loading', text: ['Looking into the store of reports.'], actions: [] };
  }
  const settings = settingsAction(source, rights);
  if (runs.error !== undefined) {
    const text = [sentence(runs.error), ...(rights.editSource ? [] : [ONLY_ADMINISTRATORS.edit])];
    return { ...step, state: 'failed', text, actions: primary(settings) };
  }
  const bad = new Set(
    (problems.value ?? []).filter(({ severity }) => severity === 'error').map(({ source: file }) => file),
  ).size;
  const list: Action = { label: 'Open Runs', icon: 'list-ul', href: runsUrl(source.uid) };
  const count = runs.value?.length ?? 0;
  if (count === 0) {
    if (source.store === undefined) {
      return {
        ...step,
        state: 'todo',
        text: [
          'No store of reports is set, so there is nothing to compare production with.',
          rights.editSource ? 'Set the folder, the bucket or the server that has them.' : ONLY_ADMINISTRATORS.edit,
        ],
        actions: primary(settings),
      };
    }
    return bad > 0
      ? {
          ...step,
          state: 'failed',
          text: [
            `There is no run: ${countWords(bad, 'report')} in ${source.store.place} could not be read. Runs says which, and why.`,
          ],
          actions: primary([list, ...settings]),
        }
      : {
          ...step,
          state: 'todo',
          text: [
            `The ${source.store.word} ${source.store.place} can be read and holds no report yet.`,
            'Drive your model server with GuideLLM, vllm bench, AIPerf, inference-perf or SGLang’s benchmark, from one user to more than it holds, and put the JSON file that the tool writes there, or into a folder below. It is found by itself within seconds.',
          ],
          actions: settings,
        };
  }
  const known = `${countWords(count, 'run')} in ${source.store?.place ?? 'the store'}.`;
  return bad > 0
    ? {
        ...step,
        state: 'attention',
        text: [known, `${countWords(bad, 'report')} could not be read in full. Runs says which, and why.`],
        actions: primary([list]),
      }
    : { ...step, state: 'done', text: [known], actions: [list] };
}

function prometheusStep(found: Found): Step {
  const { source, health, rights } = found;
  const step = { id: 'prometheus', title: 'Prometheus' } as const;
  const purpose =
    'With the Prometheus that scrapes your model servers, production is drawn on the curve and it is known how much is left. Without one, benchmarks are shown alone.';
  if (!source || !answers(found)) {
    return { ...step, ...waiting(purpose) };
  }
  if (health.loading) {
    return { ...step, state: 'loading', text: ['Asking the Prometheus.'], actions: [] };
  }
  const settings = settingsAction(source, rights);
  const checked = health.value?.details?.prometheus;
  if (!checked) {
    if (health.error !== undefined) {
      return {
        ...step,
        state: 'failed',
        text: [`Whether it answers is not known: ${ended(health.error)}`],
        actions: settings,
      };
    }
    const ask = rights.editSource ? [] : [ONLY_ADMINISTRATORS.edit];
    return { ...step, state: 'todo', text: [`None is set. ${purpose}`, ...ask], actions: settings };
  }
  if (checked.error !== undefined) {
    const ask = rights.editSource ? [] : [ONLY_ADMINISTRATORS.edit];
    return { ...step, state: 'failed', text: [sentence(checked.error), ...ask], actions: primary(settings) };
  }
  const { program = 'A Prometheus', url, targets = 0, servers = [], failing = [], missing = [] } = checked;
  if (targets === 0) {
    return {
      ...step,
      state: 'attention',
      text: [
        `${program} at ${url} answers and had no metrics of a model server in the last day.`,
        'Is one scraped, and is this the Prometheus that scrapes it?',
      ],
      actions: primary(settings),
    };
  }
  const seen = `${program} at ${url} answers: ${countWords(targets, 'model server')} (${wordList(servers)}) in the last day.`;
  const lacking = [...(failing.length > 0 ? [`Not scraped now: ${wordList(failing)}.`] : []), ...missing.map(sentence)];
  return { ...step, state: lacking.length > 0 ? 'attention' : 'done', text: [seen, ...lacking], actions: [] };
}

function deploymentsStep(found: Found): Step {
  const { source, runs, production, rights } = found;
  const step = { id: 'deployments', title: 'Deployments' } as const;
  const purpose =
    'A deployment is one way of serving a model: its benchmarks and its servers in production belong together.';
  if (!source || !answers(found)) {
    return { ...step, ...waiting(purpose) };
  }
  if (runs.loading || production.loading) {
    return { ...step, state: 'loading', text: ['Looking for deployments.'], actions: [] };
  }
  const rows = deploymentRows(runs.value ?? [], isAsked(found) ? production.value : undefined);
  const settings = settingsAction(source, rights);
  if (rows.length === 0) {
    return { ...step, ...waiting(`None is known yet. ${purpose}`) };
  }
  const incomplete = rows.filter((row) => lacks(row).length > 0);
  const isKnown = incomplete.length === 0 && production.error === undefined;
  const unmatched = rows.some(({ runs: own, servers }) => own === 0 || servers === 0);
  const text = [
    `${countWords(rows.length, 'deployment')}${completeness(rows.length, incomplete.length, isKnown)}.`,
    ...(production.error === undefined ? [] : [`Production could not be asked: ${ended(production.error)}`]),
    ...(incomplete.length > 0
      ? [
          `What reports do not say is typed in the settings, under Deployments${unmatched ? ': there a benchmark and its servers in production are joined, too' : ''}.`,
        ]
      : []),
    ...(incomplete.length > 0 && !rights.editSource ? [ONLY_ADMINISTRATORS.edit] : []),
  ];
  const actions = incomplete.length > 0 ? settings : [];
  return { ...step, state: isKnown ? 'done' : 'attention', text, actions, deployments: rows };
}

function completeness(all: number, incomplete: number, isKnown: boolean): string {
  if (incomplete === 0) {
    return isKnown ? ', with everything that there is to know' : '';
  }
  if (all === 1) {
    return ', which lacks something';
  }
  return incomplete === all ? ', each of which lacks something' : `, ${incomplete} of which lack something`;
}

/** Whether a Prometheus is set and production could be asked about. */
function isAsked({ source, production }: Found): boolean {
  return (source?.prometheusUrl ?? '') !== '' && production.error === undefined;
}

function curveStep(found: Found): Step {
  const { source, runs, dashboards, rights } = found;
  const step = { id: 'curve', title: 'The curve' } as const;
  const purpose = 'Latency over load, the limit, the load at which it breaks, and where production is.';
  if (!source || !answers(found) || runs.loading || (runs.value ?? []).length === 0) {
    return { ...step, ...waiting(purpose) };
  }
  if (dashboards.loading) {
    return { ...step, state: 'loading', text: [purpose], actions: [] };
  }
  const explore: Action[] = rights.explore
    ? [{ label: 'Explore the curve', icon: 'compass', href: exploreUrl(source.uid) }]
    : [];
  const open = (dashboards.value ?? []).map(({ uid, title }): Action => ({
    label: title,
    icon: 'apps',
    href: dashboardUrl(uid, { datasource: source.uid }),
  }));
  if (open.length === 0) {
    return {
      ...step,
      state: 'attention',
      text: [
        purpose,
        dashboards.error === undefined
          ? 'There is no dashboard of Headroom that you may see. They come with the app when it is enabled, or from files.'
          : `The dashboards could not be listed: ${ended(dashboards.error)}`,
        ...(rights.enableApp ? [] : [ONLY_ADMINISTRATORS.enable]),
      ],
      actions: [
        ...primary(explore),
        ...(rights.enableApp ? [{ label: 'The app’s page', icon: 'plug', href: pluginUrl() } as const] : []),
      ],
    };
  }
  return { ...step, state: 'done', text: [purpose], actions: [...primary(open), ...explore] };
}

const ONLY_ADMINISTRATORS = {
  add: 'Only administrators of this Grafana add data sources: ask one, and show this page.',
  edit: 'Only administrators of this Grafana change the settings: ask one, and show this page.',
  enable: 'Only administrators of this Grafana enable apps and say who sees a dashboard: ask one, and show this page.',
};

function waiting(text: string): Pick<Step, 'state' | 'text' | 'actions'> {
  return { state: 'waiting', text: [text], actions: [] };
}

function settingsAction({ uid }: Source, rights: Rights): Action[] {
  return rights.editSource ? [{ label: 'Settings', icon: 'cog', href: datasourceSettingsUrl(uid) }] : [];
}

/** Marks the first of several actions as the recommended one. */
function primary(actions: Action[]): Action[] {
  return actions.map((action, index) => (index === 0 ? { ...action, primary: true } : action));
}

/** A message of the backend as a sentence. If it starts with a name, the name is left as it is written. */
function sentence(text: string): string {
  const begun = text.replace(/^(?:the|there|no|a|an|this) /, (word) => word.charAt(0).toUpperCase() + word.slice(1));
  return ended(begun);
}

/** The text with a full stop, unless it already ends a sentence. */
function ended(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`;
}
