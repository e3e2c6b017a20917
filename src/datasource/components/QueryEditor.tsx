import type { QueryEditorProps, TimeRange } from '@grafana/data';
import { Alert, Stack } from '@grafana/ui';
import { useCallback, useEffect } from 'react';

import {
  DEFAULTS,
  LOAD_KINDS,
  METRICS,
  Part,
  QUERY_KINDS,
  SELECTS,
  STATISTICS,
  VariableKind,
} from '../../generated/contract';
import type { HeadroomDataSource } from '../datasource';
import { hasStatistic, takes } from '../query/options';
import { isUnsaved, normalizeQuery } from '../query/query';
import type { HeadroomJsonData, HeadroomQuery } from '../types';
import { runText } from '../variables/variableQuery';
import { ChoicePicker } from './ChoicePicker';
import { EditorRow } from './EditorRow';
import { NamesPicker } from './NamesPicker';
import { ProductionFields } from './ProductionFields';
import { PromqlFields } from './PromqlFields';
import { SloPicker } from './SloPicker';
import { useLoaded } from './useLoaded';

type Props = QueryEditorProps<HeadroomDataSource, HeadroomQuery, HeadroomJsonData>;

/** The query kind, its deployments, the limits that judge them, and how the result is drawn. */
export function QueryEditor({ datasource, query: saved, queries, range, app, onChange, onRunQuery }: Props) {
  const query = normalizeQuery(saved);
  useSavedDefault({ query, queries, app, onChange });
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
  const shown = takes(query.queryType);
  const namespaces = useNamespaces(datasource, range, shown.has(Part.Namespaces));

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
        <ChoicePicker
          label="Show"
          options={QUERY_KINDS}
          variables={variables}
          value={query.queryType ?? DEFAULTS.queryType}
          width={28}
          onChange={(queryType) => {
            change({ queryType });
          }}
        />
        {shown.has(Part.Load) && (
          <ChoicePicker
            label="Load"
            fallback="Users, else requests/s"
            options={LOAD_KINDS}
            variables={variables}
            value={query.loadModel}
            onChange={(loadModel) => {
              change({ loadModel });
            }}
          />
        )}
        {shown.has(Part.Metric) && (
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
        )}
        {shown.has(Part.Statistic) && (!shown.has(Part.Metric) || hasStatistic(query.metric)) && (
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
      </EditorRow>
      {shown.has(Part.Promql) ? (
        <PromqlFields query={query} onChange={change} />
      ) : (
        <ProductionFields query={query} variables={variables} onChange={change} />
      )}
      {shown.has(Part.Deployments) && (
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
          {shown.has(Part.Namespaces) && (
            <NamesPicker
              label="Namespaces"
              placeholder="All namespaces"
              options={(namespaces.value ?? []).map(({ name }) => ({ value: name, label: name }))}
              variables={variables}
              loading={namespaces.loading}
              value={query.namespaces}
              onChange={(chosen) => {
                change({ namespaces: chosen });
              }}
            />
          )}
          {shown.has(Part.Runs) && (
            <>
              <ChoicePicker
                label="Run of each deployment"
                options={SELECTS}
                variables={variables}
                value={query.select ?? DEFAULTS.select}
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
            </>
          )}
        </EditorRow>
      )}
      {shown.has(Part.Limits) && (
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
      )}
    </Stack>
  );
}

/** Saves the default query of an alert rule as soon as the editor shows it. */
function useSavedDefault({ query, queries, app, onChange }: Pick<Props, 'query' | 'queries' | 'app' | 'onChange'>) {
  const lost = isUnsaved(query.refId, queries, app);
  useEffect(() => {
    if (lost) {
      onChange(query);
    }
    // Only once: changes that the user makes later are saved anyway.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [lost]);
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** The namespaces of production in the time range; empty without a Prometheus. */
function useNamespaces(datasource: HeadroomDataSource, range: TimeRange | undefined, wanted: boolean) {
  return useLoaded(
    useCallback(
      async () => (wanted ? await datasource.labels(VariableKind.Namespaces, range) : []),
      [datasource, wanted, range],
    ),
  );
}
