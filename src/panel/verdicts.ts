// The runs that the verdict view shows, from every kind of frame that has them.
import { type DataFrame, type Field, type LinkModel } from '@grafana/data';

import { Drawn, type Judged, Read } from '../generated/contract';
import { linksOf, numberAt } from './frames';
import { kindOf, runOf, runsOf } from './meta';

export interface VerdictRun extends Judged {
  /** Successful requests over all levels; `undefined` if the frames lack them. */
  requests: number | undefined;
  levels: number | undefined;
  /** Output tokens per second at the breaking load. */
  outputRate: number | undefined;
  /** The data links of the run's row. */
  links: LinkModel<Field>[];
}

/** Every run once, in the order of the frames. A `verdict` frame knows more than a `levels` frame. */
export function verdictRuns(frames: DataFrame[]): VerdictRun[] {
  const runs = [
    ...frames.filter(isKind(Drawn.Verdict)).flatMap(fromVerdicts),
    ...frames.filter(isKind(Drawn.Levels)).flatMap(fromLevels),
  ];
  const seen = new Set<string>();
  return runs.filter(({ run, slo }) => {
    const key = `${run.id} ${slo.id}`;
    return seen.has(key) ? false : seen.add(key);
  });
}

const isKind = (kind: Drawn) => (frame: DataFrame) => kindOf(frame) === kind;

function fromVerdicts(frame: DataFrame): VerdictRun[] {
  const ids = (frame.fields.find(({ name }) => name === Read.Run)?.values ?? []) as unknown[];
  return runsOf(frame).map((meta) => {
    const row = ids.indexOf(meta.run.id);
    return {
      ...meta,
      requests: numberAt(frame, Read.Requests, row),
      levels: numberAt(frame, Read.Levels, row),
      outputRate: numberAt(frame, Read.OutputRateAtBreak, row),
      links: linksOf(frame.fields, row),
    };
  });
}

function fromLevels(frame: DataFrame): VerdictRun[] {
  const meta = runOf(frame);
  if (!meta) {
    return [];
  }
  const requests = Array.from({ length: frame.length }, (_, row) => numberAt(frame, Read.Ok, row) ?? 0);
  return [
    {
      ...meta,
      requests: requests.reduce((sum, ok) => sum + ok, 0),
      levels: frame.length,
      outputRate: undefined,
      // Each row is a level, so no row's links are about the run.
      links: [],
    },
  ];
}
