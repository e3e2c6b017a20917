import { ANNOTATIONS, DEFAULTS, Form, FORMS, Part } from '../../generated/contract';
import { fieldsOf, takes, takesAny } from '../query/options';
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

/** The fields that only queries of production and annotations have; renders nothing for other queries. */
export function ProductionFields({ query, variables, onChange }: Props) {
  const shown = takes(query.queryType);
  if (!takesAny(shown, [Part.Form, Part.Window, Part.Fields, Part.Annotations, Part.Interval])) {
    return null;
  }
  return (
    <EditorRow>
      {shown.has(Part.Form) && (
        <ChoicePicker
          label="Show it"
          options={FORMS}
          variables={variables}
          value={query.format ?? DEFAULTS.format}
          onChange={(format) => {
            onChange({ format });
          }}
        />
      )}
      {shown.has(Part.Window) && query.format !== Form.Series && (
        <DraftField
          label="Now means the last"
          placeholder={DEFAULTS.window}
          width={16}
          value={query.window}
          problem={durationProblem}
          onChange={(window) => {
            onChange({ window });
          }}
        />
      )}
      {shown.has(Part.Fields) && (
        <NamesPicker
          label="Fields"
          placeholder="All fields"
          options={fieldsOf(query.queryType)}
          variables={variables}
          loading={false}
          value={query.fields}
          onChange={(fields) => {
            onChange({ fields });
          }}
        />
      )}
      {shown.has(Part.Annotations) && (
        <NamesPicker
          label="Annotate"
          placeholder="Everything"
          options={ANNOTATIONS}
          variables={variables}
          loading={false}
          value={query.kinds}
          onChange={(kinds) => {
            onChange({ kinds });
          }}
        />
      )}
      {shown.has(Part.Interval) && <IntervalField query={query} onChange={onChange} />}
    </EditorRow>
  );
}
