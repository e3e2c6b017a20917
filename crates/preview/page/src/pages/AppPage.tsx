/** An app plugin's root page, under `/a/<id>` as in Grafana. */

import { type AppPlugin, type AppPluginMeta, PluginContextProvider } from '@grafana/data';
import { config, getBackendSrv } from '@grafana/runtime';
import { Alert, LoadingPlaceholder } from '@grafana/ui';
import { useEffect, useState } from 'react';
import { useLocation, useParams } from 'react-router-dom';

import { importAppPlugin } from '../plugins/loader';

export function AppPage() {
  const { appId = '' } = useParams();
  const { pathname, search } = useLocation();
  const [plugin, setPlugin] = useState<AppPlugin>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    let mounted = true;
    getBackendSrv()
      .get<AppPluginMeta>(`/api/plugins/${appId}/settings`, undefined, undefined, { showErrorAlert: false })
      .then(importAppPlugin)
      .then((loaded) => mounted && setPlugin(loaded))
      .catch((error: unknown) => mounted && setProblem(error instanceof Error ? error.message : JSON.stringify(error)));
    return () => {
      mounted = false;
    };
  }, [appId]);

  if (problem !== undefined) {
    return <Alert title={`The app ${appId} cannot be shown`}>{problem}</Alert>;
  }
  if (!plugin) {
    return <LoadingPlaceholder text={`Loading ${config.apps[appId]?.id ?? appId}…`} />;
  }
  const Root = plugin.root;
  if (!Root) {
    return <Alert title={`The app ${appId} has no root page`} severity="warning" />;
  }
  const query = Object.fromEntries(new URLSearchParams(search));
  return (
    <PluginContextProvider meta={plugin.meta}>
      <Root meta={plugin.meta} basename={`/a/${appId}`} path={pathname} query={query} onNavChanged={() => undefined} />
    </PluginContextProvider>
  );
}
