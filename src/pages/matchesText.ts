import type { ListedRun } from '../generated/contract';

/** Whether every word of `search` occurs somewhere in the run's texts, ignoring case. */
export function matchesText(run: ListedRun, search: string): boolean {
  const texts = [
    run.id,
    run.label,
    run.deployment,
    run.model,
    run.quantization,
    run.hardware,
    run.engine,
    run.source,
    run.tool,
    run.tool_version,
    run.load_model,
  ];
  const hay = texts
    .filter((text) => text !== null)
    .join('\n')
    .toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => hay.includes(word));
}
