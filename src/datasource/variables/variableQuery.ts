// Dashboard variables: the list that each one requests, and the choices that it offers.
import {
  type Deployment,
  type Label,
  type ListedRun,
  LoadKind,
  type Model,
  type SloChoice,
  VariableKind,
} from '../../generated/contract';
import type { HeadroomVariableQuery } from '../types';

/** One choice of a variable. */
export interface Choice {
  text: string;
  value: string;
}

export function defaultVariableQuery(): HeadroomVariableQuery {
  return { refId: 'HeadroomVariable', kind: VariableKind.Deployments };
}

function isKind(value: unknown): value is VariableKind {
  return Object.values<unknown>(VariableKind).includes(value);
}

/** A saved variable query in the current form. A dashboard written by hand may contain just the name of the list. */
export function normalizeVariableQuery(saved: unknown): HeadroomVariableQuery {
  if (isKind(saved)) {
    return { ...defaultVariableQuery(), kind: saved };
  }
  if (typeof saved !== 'object' || saved === null) {
    return defaultVariableQuery();
  }
  const query: Partial<HeadroomVariableQuery> & { query?: unknown } = saved;
  const named = isKind(query.kind) ? query.kind : isKind(query.query) ? query.query : undefined;
  return { ...defaultVariableQuery(), ...query, kind: named ?? VariableKind.Deployments };
}

const plain = ({ name }: { name: string }): Choice => ({ text: name, value: name });

/** A run as one line: label, load, start. */
export function runText(run: ListedRun): string {
  const started = run.started_ms === null ? 'unknown start' : new Date(run.started_ms).toISOString().slice(0, 16);
  return `${run.label} · ${run.load_model === LoadKind.Open ? 'open loop' : 'closed loop'} · ${started.replace('T', ' ')}`;
}

/** Turns the answer of a resource into the choices of a variable. */
export const choices = {
  [VariableKind.Deployments]: (answer: Deployment[]): Choice[] => answer.map(plain),
  [VariableKind.Models]: (answer: Model[]): Choice[] => answer.map(plain),
  [VariableKind.Namespaces]: (answer: Label[]): Choice[] => answer.map(plain),
  [VariableKind.ServedModels]: (answer: Label[]): Choice[] => answer.map(plain),
  [VariableKind.Runs]: (answer: ListedRun[]): Choice[] => answer.map((run) => ({ text: runText(run), value: run.id })),
  /** The default service level comes first, because a dashboard without a saved value starts with the first choice. */
  [VariableKind.Slos]: (answer: SloChoice[]): Choice[] =>
    [...answer].sort((a, b) => Number(b.default) - Number(a.default)).map((slo) => ({ text: slo.name, value: slo.id })),
};
