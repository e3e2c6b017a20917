// What the command line says about the runs that the dashboard shows.
import { analyze, analyzeWith, reports } from './programs.mjs';

/** The model of the recorded pair, whose numbers the tests know to the last digit. */
export const RECORDED_MODEL = 'tiny-llama (91 M parameters, random weights)';
/** The model of the published pair. */
export const PUBLISHED_MODEL = 'Mistral Small 24B';

/** The recorded pair under the dashboard's default: of each deployment the closed-loop run with the most successful requests. */
export async function shownRuns(...options) {
  return mostCertain((await analyze([reports], ...options)).runs);
}

/** The same with other facts about the deployments. */
export async function shownRunsWith(facts, ...options) {
  return mostCertain((await analyzeWith(facts, [reports], ...options)).runs);
}

/** Every deployment of the demo, the published pair as well. */
export async function everyRun(...options) {
  return mostCertain((await analyze([reports], ...options)).runs, () => true);
}

function mostCertain(runs, wanted = ({ deployment }) => deployment.name.startsWith('tiny-llama-')) {
  const ok = (run) => run.levels.reduce((sum, level) => sum + level.requests.ok, 0);
  const best = new Map();
  for (const run of runs.filter((run) => run.load_model === 'closed' && wanted(run))) {
    const known = best.get(run.deployment.name);
    if (!known || ok(run) > ok(known)) {
      best.set(run.deployment.name, run);
    }
  }
  return [...best.values()].sort((a, b) => a.deployment.name.localeCompare(b.deployment.name));
}
