// What the data source says about a run besides its numbers: `meta.custom` of a frame, described in docs/frames.md.
// Only this file reads it. Unknown values are `null` there, but Grafana's snapshots remove every key that is `null`;
// this file turns missing keys into `null` again.
import { type DataFrame } from '@grafana/data';

import {
  Code,
  type DeploymentHeadroom,
  type Finding,
  type Judged,
  type Limit,
  type LimitVerdict,
  LoadKind,
  Metric,
  type Overlay,
  type Run,
  FindingSeverity,
  type Slo,
  BreakingState,
  Statistic,
  type Verdict,
} from '../generated/contract';

type Interval = Verdict['interval'];

/** The part of an `overlay` frame's facts about one deployment that the panel reads. */
export type ProductionInfo = Pick<
  Overlay,
  'deployment' | 'presence_text' | 'load' | 'statistic' | 'unit' | 'load_unit' | 'run'
> & { presence: string; metric: string; slo: Slo | null };

/** The part of a `headroom` frame's facts about one deployment that the panel reads. */
export type HeadroomInfo = Pick<DeploymentHeadroom, 'deployment' | 'load'>;

/** Which of the data source's frames this is; `undefined` for a frame of another data source. */
export function kindOf(frame: DataFrame): string | undefined {
  const kind: unknown = frame.meta?.custom?.headroom;
  return typeof kind === 'string' ? kind : undefined;
}

/** The run that a `levels` or `fit` frame belongs to. */
export function runOf(frame: DataFrame): Judged | undefined {
  return runMeta(frame.meta?.custom);
}

/** The runs of a `verdict` frame. */
export function runsOf(frame: DataFrame): Judged[] {
  return listOf(frame.meta?.custom?.runs, runMeta);
}

/** The production that an `overlay` frame is about. */
export function productionOf(frame: DataFrame): ProductionInfo {
  const custom: Json = isObject(frame.meta?.custom) ? frame.meta.custom : {};
  return {
    deployment: textOf(custom.deployment),
    presence: textOf(custom.presence),
    presence_text: textOf(custom.presence_text),
    load: knownNumber(custom.load),
    metric: textOf(custom.metric),
    statistic: wordOf(Statistic, custom.statistic) ?? null,
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

function runMeta(custom: unknown): Judged | undefined {
  if (!isObject(custom)) {
    return undefined;
  }
  const [run, slo, verdict] = [runInfo(custom.run), sloInfo(custom.slo), verdictInfo(custom.verdict)];
  const metric = wordOf(Metric, custom.metric);
  return (
    run &&
    metric &&
    slo &&
    verdict && {
      run,
      metric,
      statistic: wordOf(Statistic, custom.statistic) ?? null,
      unit: textOf(custom.unit),
      slo,
      verdict,
    }
  );
}

function runInfo(value: unknown): Run | undefined {
  if (!isObject(value) || typeof value.id !== 'string') {
    return undefined;
  }
  return {
    id: value.id,
    label: knownText(value.label) ?? value.id,
    deployment: textOf(value.deployment),
    model: knownText(value.model),
    quantization: knownText(value.quantization),
    hardware: knownText(value.hardware),
    gpus: knownNumber(value.gpus),
    engine: knownText(value.engine),
    price_per_hour: knownNumber(value.price_per_hour),
    price_source: knownText(value.price_source),
    source: textOf(value.source),
    tool: textOf(value.tool),
    tool_version: knownText(value.tool_version),
    started_ms: knownNumber(value.started_ms),
    ended_ms: knownNumber(value.ended_ms),
    prompt_tokens: knownNumber(value.prompt_tokens),
    output_tokens: knownNumber(value.output_tokens),
    output_tokens_error: knownNumber(value.output_tokens_error),
    shape: knownText(value.shape),
    load_model: wordOf(LoadKind, value.load_model) ?? LoadKind.Closed,
    load_unit: textOf(value.load_unit),
  };
}

function sloInfo(value: unknown): Slo | undefined {
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

function limitInfo(value: unknown): Limit | undefined {
  // A limit without a bound cannot judge anything.
  if (!isObject(value) || typeof value.id !== 'string' || typeof value.bound !== 'number') {
    return undefined;
  }
  return {
    id: value.id,
    subject: textOf(value.subject),
    statistic: wordOf(Statistic, value.statistic) ?? null,
    bound: value.bound,
    unit: textOf(value.unit),
    label: knownText(value.label) ?? value.id,
  };
}

function verdictInfo(value: unknown): Verdict | undefined {
  if (!isObject(value)) {
    return undefined;
  }
  const text: Json = isObject(value.text) ? value.text : {};
  return {
    state: stateOf(value.state),
    breaking_load: knownNumber(value.breaking_load),
    interval: intervalOf(value.interval),
    binding: knownText(value.binding),
    max_passing_load: knownNumber(value.max_passing_load),
    first_failing_load: knownNumber(value.first_failing_load),
    next_level: knownNumber(value.next_level),
    text: {
      breaking_load: knownText(text.breaking_load) ?? NOT_MEASURED,
      number: knownText(text.number) ?? NOT_MEASURED,
      unit: textOf(text.unit),
      interval: knownText(text.interval),
      next_level: knownText(text.next_level),
    },
    sentence: textOf(value.sentence),
    limits: listOf(value.limits, limitVerdict),
    findings: listOf(value.findings, finding),
    few_requests: listOf(value.few_requests, (load) => knownNumber(load) ?? undefined),
  };
}

function limitVerdict(value: unknown): LimitVerdict | undefined {
  return isObject(value) && typeof value.id === 'string'
    ? {
        id: value.id,
        state: stateOf(value.state),
        breaking_load: knownNumber(value.breaking_load),
        interval: intervalOf(value.interval),
      }
    : undefined;
}

function finding(value: unknown): Finding | undefined {
  const code = isObject(value) ? wordOf(Code, value.code) : undefined;
  return isObject(value) && code !== undefined
    ? {
        code,
        severity: wordOf(FindingSeverity, value.severity) ?? FindingSeverity.Info,
        load: knownNumber(value.load),
        message: textOf(value.message),
      }
    : undefined;
}

const NOT_MEASURED = 'not measured';

function stateOf(value: unknown): BreakingState {
  return wordOf(BreakingState, value) ?? BreakingState.NotMeasured;
}

/** A word of a closed list; `undefined` for any other text. */
function wordOf<T extends string>(words: Readonly<Record<string, T>>, value: unknown): T | undefined {
  return Object.values(words).find((word) => word === value);
}

/** Both ends, or neither: a single number does not say which end it is. */
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

/** A text that every frame has; empty if it is missing nevertheless. */
function textOf(value: unknown): string {
  return knownText(value) ?? '';
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null;
}
