import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { getBackendSrv, isFetchError } from '@grafana/runtime';
import { type EmbeddedScene, UrlSyncContextProvider } from '@grafana/scenes';
import { Alert, LoadingPlaceholder, useStyles2 } from '@grafana/ui';
import { useEffect, useState } from 'react';
import { useParams } from 'react-router-dom';

import { PageTitle } from '../shell/PageTitle';
import { DashboardLinks } from './DashboardLinks';
import type { DashboardModel } from './model';
import { sceneOf } from './scene';

interface Loaded {
  model: DashboardModel;
  scene: EmbeddedScene;
}

export function DashboardPage({ kiosk }: { kiosk: boolean }) {
  const { uid = '' } = useParams();
  return <Dashboard key={`${uid} ${kiosk ? 'kiosk' : ''}`} uid={uid} kiosk={kiosk} />;
}

function Dashboard({ uid, kiosk }: { uid: string; kiosk: boolean }) {
  const [loaded, setLoaded] = useState<Loaded>();
  const [problem, setProblem] = useState<string>();
  const styles = useStyles2(getStyles);

  useEffect(() => {
    let mounted = true;
    getBackendSrv()
      .get<{ dashboard: DashboardModel }>(`/api/dashboards/uid/${uid}`, undefined, undefined, { showErrorAlert: false })
      .then(({ dashboard }) => mounted && setLoaded({ model: dashboard, scene: sceneOf(dashboard, kiosk) }))
      .catch((error: unknown) => mounted && setProblem(isFetchError(error) ? error.message : String(error)));
    return () => {
      mounted = false;
    };
  }, [uid, kiosk]);

  if (problem !== undefined) {
    return <Alert title="This dashboard cannot be shown">{problem}</Alert>;
  }
  if (!loaded) {
    return <LoadingPlaceholder text="Loading the dashboard…" />;
  }
  const { model, scene } = loaded;
  return (
    <div className={styles.page} data-testid="dashboard">
      {!kiosk && (
        <PageTitle
          title={model.title}
          subTitle={model.description}
          actions={<DashboardLinks uid={model.uid} links={model.links ?? []} />}
        />
      )}
      <UrlSyncContextProvider scene={scene} updateUrlOnInit createBrowserHistorySteps>
        <scene.Component model={scene} />
      </UrlSyncContextProvider>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  page: css({ display: 'flex', flexDirection: 'column', flexGrow: 1, gap: theme.spacing(2) }),
});
