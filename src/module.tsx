import { AppPlugin, type AppRootProps, type PluginConfigPageProps, type AppPluginMeta } from '@grafana/data';
import { LoadingPlaceholder } from '@grafana/ui';
import { lazy, Suspense } from 'react';

import { RUNS_PATH, START_PATH } from './links';
import { nameIn } from './pages/runbooks';
import { usePathname } from './pages/usePathname';

// Grafana loads this module wherever the app's links appear, so each page is loaded only when it is opened.
const StartPage = lazy(() => import('./pages/StartPage'));
const RunsPage = lazy(() => import('./pages/RunsPage'));
const RunbookPage = lazy(() => import('./pages/RunbookPage'));
const NoSuchPage = lazy(() => import('./pages/NoSuchPage'));
const AppConfig = lazy(() => import('./pages/AppConfig'));

function Root(_props: AppRootProps) {
  const pathname = usePathname();
  return <Suspense fallback={<LoadingPlaceholder text="Loading" />}>{pageAt(pathname)}</Suspense>;
}

function pageAt(pathname: string) {
  const runbook = nameIn(pathname);
  if (runbook !== undefined) {
    return <RunbookPage name={runbook} />;
  }
  switch (pathname.replace(/\/$/, '')) {
    case START_PATH:
      return <StartPage />;
    case RUNS_PATH:
      return <RunsPage />;
    default:
      return <NoSuchPage />;
  }
}

function Configuration({ plugin }: PluginConfigPageProps<AppPluginMeta>) {
  return (
    <Suspense fallback={<LoadingPlaceholder text="Loading" />}>
      <AppConfig isEnabled={plugin.meta.enabled === true} />
    </Suspense>
  );
}

export const plugin = new AppPlugin().setRootPage(Root).addConfigPage({
  title: 'Configuration',
  icon: 'cog',
  body: Configuration,
  id: 'configuration',
});
