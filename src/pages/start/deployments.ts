// The deployments that Headroom knows: from reports, from production, or from both.
import type { InProduction, ListedRun } from '../../generated/contract';

export interface DeploymentRow {
  name: string;
  /** The number of benchmark runs. */
  runs: number;
  /** The number of model servers in production; `undefined` if there is no Prometheus to ask. */
  servers: number | undefined;
  /** Facts that neither a report nor an entry of the settings gives. */
  unknown: string[];
}

/** Facts that answers need and reports rarely contain, with the words for them. */
const FACTS = [
  ['model', 'model'],
  ['quantization', 'quantization'],
  ['hardware', 'hardware'],
  ['gpus', 'GPU count'],
  ['price_per_hour', 'price'],
] as const satisfies [keyof ListedRun, string][];

/** Every deployment once, sorted by name. */
export function deploymentRows(runs: ListedRun[], production: InProduction[] | undefined): DeploymentRow[] {
  const names = new Set([...runs.map(({ deployment }) => deployment), ...(production ?? []).map(({ name }) => name)]);
  return [...names]
    .sort((a, b) => a.localeCompare(b))
    .map((name) => {
      const own = runs.filter(({ deployment }) => deployment === name);
      return {
        name,
        runs: own.length,
        servers: production && (production.find((one) => one.name === name)?.servers ?? 0),
        // A fact is known if at least one run has it.
        unknown:
          own.length === 0
            ? []
            : FACTS.filter(([key]) => own.every((run) => run[key] === null)).map(([, words]) => words),
      };
    });
}

/** What a deployment lacks to answer everything, one sentence each; empty if it lacks nothing. */
export function lacks({ runs, servers, unknown }: DeploymentRow): string[] {
  return [
    ...(runs === 0 ? ['No benchmark: how much it holds is not known'] : []),
    ...(servers === 0 ? ['Not seen in production in the last hour: what is left is not known'] : []),
    ...(unknown.length > 0 ? [`Nobody said its ${wordList(unknown)}`] : []),
  ];
}

/** `model, hardware and price`. */
export function wordList(words: string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
}
