import { Field, InlineSwitch } from '@grafana/ui';
import { useId } from 'react';

import type { HeadroomQuery } from '../types';
import { DraftField } from './DraftField';
import { EditorRow } from './EditorRow';

interface Props {
  query: HeadroomQuery;
  onChange: (part: Partial<HeadroomQuery>) => void;
}

/** A PromQL expression and the options of its query. */
export function PromqlFields({ query, onChange }: Props) {
  const id = useId();
  return (
    <>
      <EditorRow>
        <DraftField
          label="Expression"
          description="PromQL. $__interval, $__rate_interval and $__range are replaced. Shift and Enter runs it."
          placeholder="sum by (model_name) (rate(vllm:generation_tokens_total[$__rate_interval]))"
          code
          value={query.expr}
          problem={(text) => (text.trim() === '' ? 'Expected an expression such as up.' : undefined)}
          onChange={(expr) => {
            onChange({ expr });
          }}
        />
      </EditorRow>
      <EditorRow>
        <DraftField
          label="Legend"
          placeholder="{{model_name}}"
          width={32}
          value={query.legendFormat}
          onChange={(legendFormat) => {
            onChange({ legendFormat });
          }}
        />
        <Field label="Only the last value" htmlFor={id} noMargin>
          <InlineSwitch
            id={id}
            value={query.instant === true}
            onChange={({ currentTarget }) => {
              onChange({ instant: currentTarget.checked ? true : undefined });
            }}
          />
        </Field>
        <IntervalField query={query} onChange={onChange} />
      </EditorRow>
    </>
  );
}

/** The minimum step between two points in time. */
export function IntervalField({ query, onChange }: Props) {
  return (
    <DraftField
      label="Min step"
      placeholder="As the panel"
      width={16}
      value={query.interval}
      problem={durationProblem}
      onChange={(interval) => {
        onChange({ interval });
      }}
    />
  );
}

/** What is wrong with a duration such as `5m`; `undefined` if nothing is or if it contains a variable. */
export function durationProblem(text: string): string | undefined {
  const ok = text.trim() === '' || text.includes('$') || /^\s*(\d+(\.\d+)?(ms|s|m|h|d|w|y))+\s*$/.test(text);
  return ok ? undefined : 'Expected a duration such as 30s or 5m.';
}
