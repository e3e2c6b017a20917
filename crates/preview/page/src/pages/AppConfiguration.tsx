/** What an app adds to its own page among the plugins. */

import { Alert, LoadingPlaceholder } from '@grafana/ui';

import { useAppPlugin } from '../plugins/useAppPlugin';

export function AppConfiguration({ appId }: { appId: string }) {
  const { plugin, problem } = useAppPlugin(appId);
  if (problem !== undefined) {
    return <Alert title={`The app ${appId} cannot be shown`}>{problem}</Alert>;
  }
  if (!plugin) {
    return <LoadingPlaceholder text={`Loading ${appId}…`} />;
  }
  return (
    <div data-testid="app-configuration">
      {(plugin.configPages ?? []).map(({ id, title, body: Body }) => (
        <section key={id} aria-label={title}>
          <h2>{title}</h2>
          <Body plugin={plugin} query={{}} />
        </section>
      ))}
    </div>
  );
}
