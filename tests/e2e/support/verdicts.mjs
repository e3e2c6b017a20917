// What the command line says about the runs that the dashboard shows.
import { analyze, analyzeWith, reports } from './programs.mjs';

/** The dashboard's default: of each deployment the closed-loop run with the most successful requests. */
export async function shownRuns(...options) {
  return mostCertain((await analyze([reports], ...options)).runs);
}

/** The same with other facts about the deployments. */
export async function shownRunsWith(facts, ...options) {
  return mostCertain((await analyzeWith(facts, [reports], ...options)).runs);
}

function mostCertain(runs) {
  const ok = (run) => run.levels.reduce((sum, level) => sum + level.requests.ok, 0);
  const best = new Map();
  for (const run of runs.filter(({ load_model }) => load_model === 'closed')) {
    const known = best.get(run.deployment.name);
    if (!known || ok(run) > ok(known)) {
      best.set(run.deployment.name, run);
    }
  }
  return [...best.values()].sort((a, b) => a.deployment.name.localeCompare(b.deployment.name));
}
