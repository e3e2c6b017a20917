import { PluginPage, getDataSourceSrv, locationService } from '@grafana/runtime';
import {
  Alert,
  Combobox,
  EmptyState,
  Field,
  FilterInput,
  LinkButton,
  LoadingPlaceholder,
  Stack,
  TextLink,
} from '@grafana/ui';
import { type ReactNode, useCallback, useId, useMemo, useState } from 'react';

import { ProblemsTable } from '../components/ProblemsTable';
import { RunsTable } from '../components/RunsTable';
import { useLoaded } from '../datasource/components/useLoaded';
import { fetchResource } from '../datasource/resourceClient';
import type { Problem, Run } from '../datasource/resources';
import { addDatasourceUrl, DATASOURCE_ID, dashboardUrl, datasourceSettingsUrl } from '../links';
import { matchesText } from './matchesText';

/** Every benchmark run of a Headroom data source, and every report that could not be read. */
export default function RunsPage() {
  const sources = getDataSourceSrv().getList({ pluginId: DATASOURCE_ID });
  const [asked, setAsked] = useState(() => String(locationService.getSearchObject().datasource ?? ''));
  const source = sources.find(({ uid }) => uid === asked) ?? sources[0];

  const choose = (uid: string) => {
    setAsked(uid);
    // A link to this page keeps the choice.
    locationService.partial({ datasource: uid }, true);
  };

  return (
    <PluginPage
      subTitle="Every benchmark run that the data source knows, and every report that it could not read."
      actions={
        source && (
          <LinkButton icon="apps" href={dashboardUrl({ datasource: source.uid })}>
            Sizing and saturation
          </LinkButton>
        )
      }
    >
      {source ? (
        <Runs
          key={source.uid}
          uid={source.uid}
          picker={<SourcePicker sources={sources} uid={source.uid} onChange={choose} />}
        />
      ) : (
        <EmptyState
          variant="call-to-action"
          message="There is no Headroom data source yet"
          button={
            <LinkButton icon="plus" href={addDatasourceUrl()}>
              Add a Headroom data source
            </LinkButton>
          }
        >
          Runs come from a data source that knows the folder with your benchmark reports. If you may not add one, ask an
          administrator of this Grafana.
        </EmptyState>
      )}
    </PluginPage>
  );
}

interface SourcePickerProps {
  sources: { uid: string; name: string }[];
  uid: string;
  onChange: (uid: string) => void;
}

function SourcePicker({ sources, uid, onChange }: SourcePickerProps) {
  const id = useId();
  return (
    <Field label="Data source" htmlFor={id} noMargin>
      <Combobox
        id={id}
        options={sources.map((source) => ({ value: source.uid, label: source.name }))}
        value={uid}
        width={32}
        onChange={({ value }) => {
          onChange(value);
        }}
      />
    </Field>
  );
}

function Runs({ uid, picker }: { uid: string; picker: ReactNode }) {
  const [search, setSearch] = useState('');
  const searchId = useId();
  const { loading, value, error } = useLoaded(
    useCallback(async () => {
      const [runs, problems] = await Promise.all([
        fetchResource<Run[]>(uid, 'runs'),
        fetchResource<Problem[]>(uid, 'problems'),
      ]);
      return { runs, problems };
    }, [uid]),
  );
  const settings = <TextLink href={datasourceSettingsUrl(uid)}>Open the data source’s settings</TextLink>;
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
          <p>“Save &amp; test” in the settings tells which part fails. {settings}</p>
        </Alert>
      )}
      {value && <Lists {...value} search={search} datasource={uid} settings={settings} />}
    </Stack>
  );
}

interface ListsProps {
  runs: Run[];
  problems: Problem[];
  search: string;
  datasource: string;
  /** A link to the data source's settings. */
  settings: ReactNode;
}

function Lists({ runs, problems, search, datasource, settings }: ListsProps) {
  const found = useMemo(() => runs.filter((run) => matchesText(run, search)), [runs, search]);
  return (
    <>
      {problems.length > 0 && <ProblemsTable problems={problems} />}
      {runs.length === 0 && (
        <EmptyState variant="not-found" message="No runs yet">
          The store holds no report that could be read. Put a GuideLLM report (<code>benchmarks.json</code>) into its
          folder and reload this page, or check the folder. {settings}
        </EmptyState>
      )}
      {runs.length > 0 && found.length === 0 && (
        <EmptyState variant="not-found" message={`No run matches “${search}”`}>
          Every word must stand in the run’s deployment, model, quantization, hardware, engine, file or tool.
        </EmptyState>
      )}
      {found.length > 0 && <RunsTable runs={found} datasource={datasource} />}
    </>
  );
}
