import type { QueryEditorProps } from '@grafana/data';
import { Alert, Combobox, Field, Stack } from '@grafana/ui';
import { useCallback, useId } from 'react';

import { VARIABLE_KINDS, VariableKind } from '../../generated/contract';
import type { HeadroomDataSource } from '../datasource';
import type { HeadroomJsonData, HeadroomQuery, HeadroomVariableQuery } from '../types';
import { normalizeVariableQuery } from '../variables/variableQuery';
import { NamesPicker } from './NamesPicker';
import { useLoaded } from './useLoaded';

type Props = QueryEditorProps<HeadroomDataSource, HeadroomQuery, HeadroomJsonData, HeadroomVariableQuery>;

/** What a dashboard variable lists. */
export function VariableQueryEditor({ datasource, query: saved, onChange }: Props) {
  const query = normalizeVariableQuery(saved);
  const id = useId();
  const variables = datasource.variableNames();
  const lists = useLoaded(
    useCallback(async () => {
      const [deployments, models] = await Promise.all([datasource.deployments(), datasource.models()]);
      return { deployments, models };
    }, [datasource]),
  );
  const narrowedByDeployment = query.kind === VariableKind.Models || query.kind === VariableKind.Runs;
  const narrowedByModel = query.kind === VariableKind.Deployments || query.kind === VariableKind.Runs;
  return (
    <Stack direction="column" gap={2}>
      {lists.error !== undefined && (
        <Alert severity="warning" title="The lists could not be loaded">
          {lists.error} Names can still be typed.
        </Alert>
      )}
      <Field label="List" htmlFor={id} noMargin>
        <Combobox
          id={id}
          options={[...VARIABLE_KINDS]}
          value={query.kind}
          width={32}
          onChange={({ value }) => {
            onChange({ ...query, kind: value });
          }}
        />
      </Field>
      {narrowedByDeployment && (
        <NamesPicker
          label="Of deployments"
          placeholder="All deployments"
          options={(lists.value?.deployments ?? []).map(({ name }) => ({ value: name, label: name }))}
          variables={variables}
          loading={lists.loading}
          value={query.deployments}
          onChange={(deployments) => {
            onChange({ ...query, deployments });
          }}
        />
      )}
      {narrowedByModel && (
        <NamesPicker
          label="Of models"
          placeholder="All models"
          options={(lists.value?.models ?? []).map(({ name }) => ({ value: name, label: name }))}
          variables={variables}
          loading={lists.loading}
          value={query.models}
          onChange={(models) => {
            onChange({ ...query, models });
          }}
        />
      )}
    </Stack>
  );
}
