/** An app plugin's root page, under `/a/<id>` as in Grafana. */

import { PluginContextProvider } from '@grafana/data';
import { config } from '@grafana/runtime';
import { Alert, LoadingPlaceholder } from '@grafana/ui';
import { useLocation, useParams } from 'react-router-dom';

import { useAppPlugin } from '../plugins/useAppPlugin';

export function AppPage() {
  const { appId = '' } = useParams();
  const { pathname, search } = useLocation();
  const { plugin, problem } = useAppPlugin(appId);
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
