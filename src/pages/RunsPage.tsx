import { PluginPage } from '@grafana/runtime';
import { Alert, EmptyState, Field, FilterInput, LinkButton, LoadingPlaceholder, Stack, TextLink } from '@grafana/ui';
import { type ReactNode, useCallback, useId, useMemo, useState } from 'react';

import { ProblemsTable } from '../components/ProblemsTable';
import { RunsTable } from '../components/RunsTable';
import { SourcePicker } from '../components/SourcePicker';
import { fetchDashboards, sizingOf } from '../dashboards';
import { useLoaded } from '../datasource/components/useLoaded';
import { fetchResource } from '../datasource/resourceClient';
import { type ListedRun, type Problem, Resource } from '../generated/contract';
import { dashboardUrl, runsUrl, startUrl } from '../links';
import { matchesText } from './matchesText';
import { useSource } from './useSource';

/** Every benchmark run of a Headroom data source, and every report that could not be read. */
export default function RunsPage() {
  const { sources, source, choose } = useSource();
  const dashboards = useLoaded(fetchDashboards);
  const sizing = sizingOf(dashboards.value);
  return (
    <PluginPage
      pageNav={{ text: 'Runs', url: runsUrl() }}
      subTitle="Every benchmark run that the data source knows, and every report that it could not read."
      actions={
        source &&
        sizing && (
          <LinkButton icon="apps" href={dashboardUrl(sizing.uid, { datasource: source.uid })}>
            {sizing.title}
          </LinkButton>
        )
      }
    >
      {source ? (
        <Runs
          key={source.uid}
          uid={source.uid}
          dashboard={sizing?.uid}
          picker={<SourcePicker sources={sources} uid={source.uid} onChange={choose} />}
        />
      ) : (
        <EmptyState
          variant="call-to-action"
          message="There is no Headroom data source yet"
          button={<LinkButton href={startUrl()}>Getting started</LinkButton>}
        >
          Runs come from a data source that knows the folder with your benchmark reports.
        </EmptyState>
      )}
    </PluginPage>
  );
}

interface RunsProps {
  uid: string;
  /** uid of the dashboard that shows a deployment; `undefined` if it is not installed. */
  dashboard: string | undefined;
  picker: ReactNode;
}

function Runs({ uid, dashboard, picker }: RunsProps) {
  const [search, setSearch] = useState('');
  const searchId = useId();
  const { loading, value, error } = useLoaded(
    useCallback(async () => {
      const [runs, problems] = await Promise.all([
        fetchResource<ListedRun[]>(uid, Resource.Runs),
        fetchResource<Problem[]>(uid, Resource.Problems),
      ]);
      return { runs, problems };
    }, [uid]),
  );
  const start = <TextLink href={startUrl(uid)}>Getting started</TextLink>;
  return (
    <Stack direction="column" gap={2}>
      <Stack direction="row" gap={2} wrap="wrap" alignItems="flex-end">
        {picker}
        <Field label="Find" htmlFor={searchId} noMargin>
          <FilterInput
            id={searchId}
            value={search}
            width={40}
            placeholder="deployment, model, file, tool …"
            escapeRegex={false}
            onChange={setSearch}
          />
        </Field>
      </Stack>
      {loading && <LoadingPlaceholder text="Loading runs" />}
      {error !== undefined && (
        <Alert severity="error" title="The runs could not be loaded">
          <p>{error}</p>
          <p>{start} tells which part fails, and what to do.</p>
        </Alert>
      )}
      {value && <Lists {...value} search={search} datasource={uid} dashboard={dashboard} start={start} />}
    </Stack>
  );
}

interface ListsProps {
  runs: ListedRun[];
  problems: Problem[];
  search: string;
  datasource: string;
  dashboard: string | undefined;
  /** A link to the app's first page. */
  start: ReactNode;
}

function Lists({ runs, problems, search, datasource, dashboard, start }: ListsProps) {
  const found = useMemo(() => runs.filter((run) => matchesText(run, search)), [runs, search]);
  return (
    <>
      {problems.length > 0 && <ProblemsTable problems={problems} />}
      {runs.length === 0 && (
        <EmptyState variant="not-found" message="No runs yet">
          The store holds no report that could be read. {start} says what to do next.
        </EmptyState>
      )}
      {runs.length > 0 && found.length === 0 && (
        <EmptyState variant="not-found" message={`No run matches “${search}”`}>
          Every word must stand in the run’s deployment, model, quantization, hardware, engine, file or tool.
        </EmptyState>
      )}
      {found.length > 0 && <RunsTable runs={found} datasource={datasource} dashboard={dashboard} />}
    </>
  );
}
