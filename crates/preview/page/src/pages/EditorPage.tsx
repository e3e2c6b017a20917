/** A plugin's editors for looking at: a data source's configuration and query editor, a panel's options, or an app's configuration. */

import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { config } from '@grafana/runtime';
import { Alert, ErrorBoundaryAlert, Select, useStyles2 } from '@grafana/ui';
import { useNavigate, useParams } from 'react-router-dom';

import { PageTitle } from '../shell/PageTitle';
import { AppConfiguration } from './AppConfiguration';
import { DataSourceEditors } from './DataSourceEditors';
import { PanelOptions } from './PanelOptions';

export function EditorPage() {
  const { pluginId = '' } = useParams();
  const navigate = useNavigate();
  const styles = useStyles2(getStyles);
  const source = Object.values(config.datasources).find((one) => one.type === pluginId);
  const panel = config.panels[pluginId];
  const isApp = pluginId in config.apps;
  const choices = [
    ...new Map(Object.values(config.datasources).map((one) => [one.type, `${one.meta.name} (data source)`])),
    ...Object.values(config.panels).map((one): [string, string] => [one.id, `${one.name} (panel)`]),
    ...Object.keys(config.apps).map((id): [string, string] => [id, `${id} (app)`]),
  ].map(([value, label]) => ({ value, label }));
  return (
    <div className={styles.page} data-testid="editors">
      <PageTitle
        title="Editors"
        subTitle="For looking: nothing is saved in the preview."
        actions={
          <Select
            aria-label="Plugin"
            width={36}
            value={pluginId}
            options={choices}
            onChange={({ value }) => value && navigate(`/editor/${value}`)}
          />
        }
      />
      <ErrorBoundaryAlert dependencies={[pluginId]}>
        {source && <DataSourceEditors key={pluginId} settings={source} />}
        {panel && <PanelOptions key={pluginId} meta={panel} />}
        {isApp && <AppConfiguration key={pluginId} appId={pluginId} />}
        {!source && !panel && !isApp && (
          <Alert title={`No editors for ${pluginId}`} severity="info">
            It is neither a provisioned data source nor a built panel or app.
          </Alert>
        )}
      </ErrorBoundaryAlert>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  page: css({
    display: 'flex',
    flexDirection: 'column',
    gap: theme.spacing(2),
    margin: '0 auto',
    maxWidth: 1100,
    width: '100%',
  }),
});
