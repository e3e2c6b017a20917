import type { QueryEditorProps } from '@grafana/data';
import { Alert, Field, RadioButtonGroup, Stack } from '@grafana/ui';
import { useCallback, useId } from 'react';

import type { HeadroomDataSource } from '../datasource';
import { hasStatistic, LOAD_MODELS, METRICS, QUERY_TYPES, SELECTS, STATISTICS } from '../query/options';
import { normalizeQuery } from '../query/query';
import type { HeadroomJsonData, HeadroomQuery } from '../types';
import { runText } from '../variables/variableQuery';
import { ChoicePicker } from './ChoicePicker';
import { EditorRow } from './EditorRow';
import { NamesPicker } from './NamesPicker';
import { SloPicker } from './SloPicker';
import { useLoaded } from './useLoaded';

type Props = QueryEditorProps<HeadroomDataSource, HeadroomQuery, HeadroomJsonData>;

/** Which runs, judged by which limits, drawn as what. */
export function QueryEditor({ datasource, query: saved, onChange, onRunQuery }: Props) {
  const query = normalizeQuery(saved);
  const variables = datasource.variableNames();
  const lists = useLoaded(
    useCallback(async () => {
      const [deployments, models, runs, slos] = await Promise.all([
        datasource.deployments(),
        datasource.models(),
        datasource.runs(),
        datasource.slos(),
      ]);
      return { deployments, models, runs, slos };
    }, [datasource]),
  );
  const id = useId();

  const change = (part: Partial<HeadroomQuery>) => {
    onChange(normalizeQuery({ ...query, ...part }));
    onRunQuery();
  };
  const byRun = query.runs !== undefined;
  const firstLimit = lists.value?.slos.find((slo) => (query.slo ? slo.id === query.slo : slo.default))?.limits[0];

  return (
    <Stack direction="column" gap={0.5}>
      {lists.error !== undefined && (
        <Alert severity="warning" title="The lists could not be loaded">
          {lists.error} Names can still be typed. “Save &amp; test” in the data source’s settings says more.
        </Alert>
      )}
      <EditorRow>
        <Field label="Show" noMargin>
          <RadioButtonGroup
            id={`${id}-type`}
            aria-label="Show"
            options={QUERY_TYPES}
            value={QUERY_TYPES.find(({ value }) => value === query.queryType)?.value}
            onChange={(queryType) => {
              change({ queryType });
            }}
          />
        </Field>
        <ChoicePicker
          label="Load"
          options={LOAD_MODELS}
          variables={variables}
          value={query.loadModel}
          onChange={(loadModel) => {
            change({ loadModel });
          }}
        />
        {query.queryType !== 'verdict' && (
          <>
            <ChoicePicker
              label="Metric"
              fallback={`As the first limit${firstLimit ? `: ${firstLimit.subject.toUpperCase()}` : ''}`}
              options={METRICS}
              variables={variables}
              value={query.metric}
              onChange={(metric) => {
                change({ metric });
              }}
            />
            {hasStatistic(query.metric) && (
              <ChoicePicker
                label="Statistic"
                fallback={`As the first limit${firstLimit?.statistic ? `: ${firstLimit.statistic}` : ''}`}
                options={STATISTICS}
                variables={variables}
                value={query.statistic}
                onChange={(statistic) => {
                  change({ statistic });
                }}
              />
            )}
          </>
        )}
      </EditorRow>
      <EditorRow>
        <NamesPicker
          label="Deployments"
          placeholder="All deployments"
          options={(lists.value?.deployments ?? []).map(({ name, model, runs }) => ({
            value: name,
            label: name,
            description: `${model ?? 'unknown model'} · ${countOf(runs, 'run')}`,
          }))}
          variables={variables}
          loading={lists.loading}
          value={query.deployments}
          onChange={(deployments) => {
            change({ deployments });
          }}
        />
        <NamesPicker
          label="Models"
          placeholder="All models"
          options={(lists.value?.models ?? []).map(({ name, runs }) => ({
            value: name,
            label: name,
            description: countOf(runs, 'run'),
          }))}
          variables={variables}
          loading={lists.loading}
          value={query.models}
          onChange={(models) => {
            change({ models });
          }}
        />
        <ChoicePicker
          label="Run of each deployment"
          options={SELECTS}
          variables={variables}
          value={query.select}
          disabled={byRun}
          onChange={(select) => {
            change({ select });
          }}
        />
        <NamesPicker
          label="Exactly these runs"
          placeholder="As chosen on the left"
          options={(lists.value?.runs ?? []).map((run) => ({
            value: run.id,
            label: runText(run),
            description: run.source,
          }))}
          variables={variables}
          loading={lists.loading}
          value={query.runs}
          onChange={(runs) => {
            change({ runs });
          }}
        />
      </EditorRow>
      <EditorRow>
        <SloPicker
          slos={lists.value?.slos ?? []}
          variables={variables}
          loading={lists.loading}
          slo={query.slo}
          limits={query.limits}
          onChange={change}
        />
      </EditorRow>
    </Stack>
  );
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
