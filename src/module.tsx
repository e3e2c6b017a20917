import { AppPlugin, type AppRootProps } from '@grafana/data';
import { LoadingPlaceholder } from '@grafana/ui';
import { lazy, Suspense } from 'react';

// Grafana loads this module wherever the app's links appear, so the pages come when they are opened.
const RunsPage = lazy(() => import('./pages/RunsPage'));
const AppConfig = lazy(() => import('./pages/AppConfig'));

function Root(_props: AppRootProps) {
  return (
    <Suspense fallback={<LoadingPlaceholder text="Loading runs" />}>
      <RunsPage />
    </Suspense>
  );
}

function Configuration() {
  return (
    <Suspense fallback={<LoadingPlaceholder text="Loading" />}>
      <AppConfig />
    </Suspense>
  );
}

export const plugin = new AppPlugin().setRootPage(Root).addConfigPage({
  title: 'Configuration',
  icon: 'cog',
  body: Configuration,
  id: 'configuration',
});
