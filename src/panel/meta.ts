// What the data source says about a run besides its numbers: `meta.custom` of a frame, as docs/frames.md has it. This is
// where it is read, and nowhere else. What is not known is `null` there, and Grafana's snapshots leave out every key that
// is `null`: a key that is missing is `null` again from here on.
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
  price_source: string | null;
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

/** What an `overlay` frame says about production of one deployment. */
export interface ProductionInfo {
  deployment: string;
  presence: string;
  presence_text: string;
  /** Of one replica now. */
  load: number | null;
  metric: string;
  statistic: string | null;
  unit: string;
  load_unit: string;
  slo: SloInfo | null;
  /** The run that it is measured against; `null` without a benchmark. */
  run: RunInfo | null;
}

/** What a `headroom` frame says about one deployment, as far as the panel reads it. */
export interface HeadroomInfo {
  deployment: string;
  load: number | null;
}

/** Which of the data source's frames this is; `undefined` for a frame from elsewhere. */
export function kindOf(frame: DataFrame): string | undefined {
  const kind: unknown = frame.meta?.custom?.headroom;
  return typeof kind === 'string' ? kind : undefined;
}

/** The run that a `levels` or `fit` frame belongs to. */
export function runOf(frame: DataFrame): RunMeta | undefined {
  return runMeta(frame.meta?.custom);
}

/** The runs of a `verdict` frame. */
export function runsOf(frame: DataFrame): RunMeta[] {
  return listOf(frame.meta?.custom?.runs, runMeta);
}

/** What an `overlay` frame is about. */
export function productionOf(frame: DataFrame): ProductionInfo {
  const custom: Json = isObject(frame.meta?.custom) ? frame.meta.custom : {};
  return {
    deployment: textOf(custom.deployment),
    presence: textOf(custom.presence),
    presence_text: textOf(custom.presence_text),
    load: knownNumber(custom.load),
    metric: textOf(custom.metric),
    statistic: knownText(custom.statistic),
    unit: textOf(custom.unit),
    load_unit: textOf(custom.load_unit),
    slo: sloInfo(custom.slo) ?? null,
    run: runInfo(custom.run) ?? null,
  };
}

/** The deployments of a `headroom` frame. */
export function headroomOf(frame: DataFrame): HeadroomInfo[] {
  return listOf(frame.meta?.custom?.deployments, (value) =>
    isObject(value) ? { deployment: textOf(value.deployment), load: knownNumber(value.load) } : undefined,
  );
}

type Json = Record<string, unknown>;

function runMeta(custom: unknown): RunMeta | undefined {
  if (!isObject(custom)) {
    return undefined;
  }
  const [run, slo, verdict] = [runInfo(custom.run), sloInfo(custom.slo), verdictInfo(custom.verdict)];
  return (
    run &&
    slo &&
    verdict && {
      run,
      metric: textOf(custom.metric),
      statistic: knownText(custom.statistic),
      unit: textOf(custom.unit),
      slo,
      verdict,
    }
  );
}

function runInfo(value: unknown): RunInfo | undefined {
  if (!isObject(value) || typeof value.id !== 'string') {
    return undefined;
  }
  return {
    id: value.id,
    label: knownText(value.label) ?? value.id,
    deployment: knownText(value.deployment),
    model: knownText(value.model),
    quantization: knownText(value.quantization),
    hardware: knownText(value.hardware),
    gpus: knownNumber(value.gpus),
    engine: knownText(value.engine),
    price_per_hour: knownNumber(value.price_per_hour),
    price_source: knownText(value.price_source),
    source: knownText(value.source),
    tool: knownText(value.tool),
    tool_version: knownText(value.tool_version),
    started_ms: knownNumber(value.started_ms),
    ended_ms: knownNumber(value.ended_ms),
    prompt_tokens: knownNumber(value.prompt_tokens),
    output_tokens: knownNumber(value.output_tokens),
    load_model: textOf(value.load_model),
    load_unit: textOf(value.load_unit),
  };
}

function sloInfo(value: unknown): SloInfo | undefined {
  if (!isObject(value)) {
    return undefined;
  }
  return {
    id: textOf(value.id),
    name: textOf(value.name),
    source: textOf(value.source),
    limits: listOf(value.limits, limitInfo),
  };
}

function limitInfo(value: unknown): LimitInfo | undefined {
  // A limit without its bound judges nothing.
  if (!isObject(value) || typeof value.id !== 'string' || typeof value.bound !== 'number') {
    return undefined;
  }
  return {
    id: value.id,
    subject: textOf(value.subject),
    statistic: knownText(value.statistic),
    bound: value.bound,
    unit: textOf(value.unit),
    label: knownText(value.label) ?? value.id,
  };
}

function verdictInfo(value: unknown): VerdictInfo | undefined {
  if (!isObject(value)) {
    return undefined;
  }
  const text: Json = isObject(value.text) ? value.text : {};
  return {
    state: stateOf(value.state),
    breaking_load: knownNumber(value.breaking_load),
    interval: intervalOf(value.interval),
    binding: knownText(value.binding),
    next_level: knownNumber(value.next_level),
    text: {
      breaking_load: knownText(text.breaking_load) ?? 'not measured',
      interval: knownText(text.interval),
      next_level: knownText(text.next_level),
    },
    sentence: textOf(value.sentence),
    limits: listOf(value.limits, limitVerdict),
    findings: listOf(value.findings, finding),
  };
}

function limitVerdict(value: unknown): LimitVerdictInfo | undefined {
  return isObject(value) && typeof value.id === 'string'
    ? {
        id: value.id,
        state: stateOf(value.state),
        breaking_load: knownNumber(value.breaking_load),
        interval: intervalOf(value.interval),
      }
    : undefined;
}

function finding(value: unknown): FindingInfo | undefined {
  return isObject(value)
    ? {
        code: textOf(value.code),
        severity: SEVERITIES.find((one) => one === value.severity) ?? 'info',
        load: knownNumber(value.load),
        message: textOf(value.message),
      }
    : undefined;
}

const SEVERITIES: readonly Severity[] = ['info', 'warning', 'error'];
const STATES: readonly State[] = ['edge', 'floor', 'never_met', 'cliff', 'not_measured'];

function stateOf(value: unknown): State {
  return STATES.find((one) => one === value) ?? 'not_measured';
}

/** Both ends, or none of them: of a single number nobody knows which end it was. */
function intervalOf(value: unknown): Interval {
  return Array.isArray(value) && value.length === 2 ? [knownNumber(value[0]), knownNumber(value[1])] : [null, null];
}

function listOf<T>(value: unknown, parse: (entry: unknown) => T | undefined): T[] {
  return Array.isArray(value) ? value.flatMap((entry) => parse(entry) ?? []) : [];
}

function knownText(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function knownNumber(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** A text that a frame always has. */
function textOf(value: unknown): string {
  return knownText(value) ?? '';
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null;
}
