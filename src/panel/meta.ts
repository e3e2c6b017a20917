// What the data source says about a run besides its numbers: `meta.custom` of a frame, as docs/frames.md has it.
import { type DataFrame } from '@grafana/data';

/** The benchmark and what was benchmarked. `null` is unknown. */
export interface RunInfo {
  id: string;
  label: string;
  deployment: string | null;
  model: string | null;
  quantization: string | null;
  hardware: string | null;
  gpus: number | null;
  engine: string | null;
  price_per_hour: number | null;
  price_source?: string | null;
  source: string | null;
  tool: string | null;
  tool_version: string | null;
  started_ms: number | null;
  ended_ms: number | null;
  prompt_tokens: number | null;
  output_tokens: number | null;
  load_model: string;
  load_unit: string;
}

export interface LimitInfo {
  id: string;
  subject: string;
  statistic: string | null;
  bound: number;
  unit: string;
  label: string;
}

export type Severity = 'info' | 'warning' | 'error';

export interface FindingInfo {
  code: string;
  severity: Severity;
  load: number | null;
  message: string;
}

export type State = 'edge' | 'floor' | 'never_met' | 'cliff' | 'not_measured';

/** Either end may be unknown. */
export type Interval = [number | null, number | null];

export interface LimitVerdictInfo {
  id: string;
  state: State;
  breaking_load: number | null;
  interval: Interval;
}

export interface VerdictInfo {
  state: State;
  breaking_load: number | null;
  interval: Interval;
  binding: string | null;
  next_level: number | null;
  /** The numbers in words, the same ones that the command line prints. */
  text: { breaking_load: string; interval: string | null; next_level: string | null };
  sentence: string;
  limits: LimitVerdictInfo[];
  findings: FindingInfo[];
}

/** Limits to judge by, and who says so. */
export interface SloInfo {
  id: string;
  name: string;
  source: string;
  limits: LimitInfo[];
}

/** A run with its verdict. */
export interface RunMeta {
  run: RunInfo;
  metric: string;
  statistic: string | null;
  unit: string;
  slo: SloInfo;
  verdict: VerdictInfo;
}

/** Which of the data source's frames this is; `undefined` for a frame from elsewhere. */
export function kindOf(frame: DataFrame): string | undefined {
  const kind: unknown = frame.meta?.custom?.headroom;
  return typeof kind === 'string' ? kind : undefined;
}

/** The run that a `levels` or `fit` frame belongs to. */
export function runOf(frame: DataFrame): RunMeta | undefined {
  const custom: unknown = frame.meta?.custom;
  return isRunMeta(custom) ? custom : undefined;
}

/** The runs of a `verdict` frame. */
export function runsOf(frame: DataFrame): RunMeta[] {
  const runs: unknown = frame.meta?.custom?.runs;
  return Array.isArray(runs) ? runs.filter(isRunMeta) : [];
}

function isRunMeta(value: unknown): value is RunMeta {
  return isObject(value) && isObject(value.run) && isObject(value.slo) && isObject(value.verdict);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
