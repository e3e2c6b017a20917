import { ANNOTATION_KINDS, FORMATS, LIVE_FIELDS, takes } from '../query/options';
import type { HeadroomQuery } from '../types';
import { ChoicePicker } from './ChoicePicker';
import { DraftField } from './DraftField';
import { EditorRow } from './EditorRow';
import { NamesPicker } from './NamesPicker';
import { durationProblem, IntervalField } from './PromqlFields';

interface Props {
  query: HeadroomQuery;
  variables: string[];
  onChange: (part: Partial<HeadroomQuery>) => void;
}

/** What only queries of production and annotations take; nothing for others. */
export function ProductionFields({ query, variables, onChange }: Props) {
  const shown = takes(query.queryType);
  if (!shown.format && !shown.window && !shown.fields && !shown.kinds && !shown.interval) {
    return null;
  }
  return (
    <EditorRow>
      {shown.format && (
        <ChoicePicker
          label="Show it"
          options={FORMATS}
          variables={variables}
          value={query.format ?? 'table'}
          onChange={(format) => {
            onChange({ format });
          }}
        />
      )}
      {shown.window && query.format !== 'series' && (
        <DraftField
          label="Now means the last"
          placeholder="5m"
          width={16}
          value={query.window}
          problem={durationProblem}
          onChange={(window) => {
            onChange({ window });
          }}
        />
      )}
      {shown.fields && (
        <NamesPicker
          label="Fields"
          placeholder="All fields"
          options={LIVE_FIELDS}
          variables={variables}
          loading={false}
          value={query.fields}
          onChange={(fields) => {
            onChange({ fields });
          }}
        />
      )}
      {shown.kinds && (
        <NamesPicker
          label="Annotate"
          placeholder="Everything"
          options={ANNOTATION_KINDS}
          variables={variables}
          loading={false}
          value={query.kinds}
          onChange={(kinds) => {
            onChange({ kinds });
          }}
        />
      )}
      {shown.interval && <IntervalField query={query} onChange={onChange} />}
    </EditorRow>
  );
}
