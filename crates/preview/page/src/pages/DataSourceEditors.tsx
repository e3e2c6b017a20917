import { css } from '@emotion/css';
import {
  CoreApp,
  type DataQuery,
  type DataSourceApi,
  DataSourcePluginContextProvider,
  type DataSourceInstanceSettings,
  type DataSourceSettings,
  getDefaultTimeRange,
  type GrafanaTheme2,
  LoadingState,
  type PanelData,
} from '@grafana/data';
import { getBackendSrv, getDataSourceSrv, getRunRequest } from '@grafana/runtime';
import { Alert, JSONFormatter, LoadingPlaceholder, useStyles2 } from '@grafana/ui';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import type { Unsubscribable } from 'rxjs';

interface Loaded {
  datasource: DataSourceApi;
  record: DataSourceSettings;
}

export function DataSourceEditors({ settings }: { settings: DataSourceInstanceSettings }) {
  const [loaded, setLoaded] = useState<Loaded>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    let mounted = true;
    Promise.all([
      getDataSourceSrv().get({ uid: settings.uid }),
      getBackendSrv().get<DataSourceSettings>(`/api/datasources/uid/${settings.uid}`),
    ])
      .then(([datasource, record]) => mounted && setLoaded({ datasource, record }))
      .catch((error: unknown) => mounted && setProblem(error instanceof Error ? error.message : JSON.stringify(error)));
    return () => {
      mounted = false;
    };
  }, [settings]);
  if (problem !== undefined) {
    return <Alert title="The data source cannot be shown">{problem}</Alert>;
  }
  if (!loaded) {
    return <LoadingPlaceholder text="Loading the data source…" />;
  }
  return (
    <DataSourcePluginContextProvider instanceSettings={settings}>
      <ConfigPart {...loaded} />
      <QueryPart datasource={loaded.datasource} />
    </DataSourcePluginContextProvider>
  );
}

function Part({ title, testId, children }: { title: string; testId: string; children: ReactNode }) {
  const styles = useStyles2(getStyles);
  return (
    <section className={styles.part} data-testid={testId}>
      <h2 className={styles.title}>{title}</h2>
      {children}
    </section>
  );
}

function ConfigPart({ datasource, record }: Loaded) {
  const [options, setOptions] = useState<DataSourceSettings>({ ...record, readOnly: false });
  const Editor = datasource.components?.ConfigEditor;
  return (
    <Part title="Configuration editor" testId="config-editor">
      {Editor ? <Editor options={options} onOptionsChange={setOptions} /> : 'The plugin has none.'}
    </Part>
  );
}

/** Runs the query on request, so that the editor shows what it would in a panel. */
function QueryPart({ datasource }: { datasource: DataSourceApi }) {
  const range = useMemo(() => getDefaultTimeRange(), []);
  const [query, setQuery] = useState<DataQuery>({
    ...datasource.getDefaultQuery?.(CoreApp.PanelEditor),
    refId: 'A',
    datasource: datasource.getRef(),
  });
  const [data, setData] = useState<PanelData>();
  const [run, setRun] = useState(0);
  useEffect(() => {
    if (run === 0) {
      return undefined;
    }
    const request = {
      app: CoreApp.PanelEditor,
      requestId: `editor-${run}`,
      interval: '1s',
      intervalMs: 1000,
      maxDataPoints: 1000,
      range,
      scopedVars: {},
      startTime: Date.now(),
      targets: [query],
      timezone: 'browser',
    };
    const subscription: Unsubscribable = getRunRequest()(datasource, request).subscribe(setData);
    return () => subscription.unsubscribe();
    // The query of the moment when it was run, not each keystroke.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [run, datasource, range]);
  const Editor = datasource.components?.QueryEditor;
  return (
    <Part title="Query editor" testId="query-editor">
      {Editor ? (
        <Editor
          app={CoreApp.PanelEditor}
          datasource={datasource}
          query={query}
          onChange={setQuery}
          onRunQuery={() => setRun((count) => count + 1)}
          range={range}
          data={data}
          queries={[query]}
        />
      ) : (
        'The plugin has none.'
      )}
      {data?.state === LoadingState.Error && <Alert title={data.errors?.[0]?.message ?? 'The query failed'} />}
      <JSONFormatter json={query} open={1} />
    </Part>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  part: css({
    background: theme.colors.background.primary,
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    padding: theme.spacing(2),
  }),
  title: css({ ...theme.typography.h5, marginBottom: theme.spacing(2) }),
});
