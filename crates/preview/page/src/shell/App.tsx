import { css } from '@emotion/css';
import { Global } from '@emotion/react';
import { createTheme, type EventBusSrv, type GrafanaTheme2, ThemeContext } from '@grafana/data';
import { config, LocationServiceProvider, locationService, ThemeChangedEvent } from '@grafana/runtime';
import { ErrorBoundaryAlert, GlobalStyles, ModalRoot, ModalsProvider, PortalContainer, useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import { Route, Routes, useLocation } from 'react-router-dom';

import { rememberTheme, startTheme, type ThemeMode } from '../bootData';
import { DashboardPage } from '../dashboard/DashboardPage';
import { AppPage } from '../pages/AppPage';
import { EditorPage } from '../pages/EditorPage';
import { HomePage } from '../pages/HomePage';
import { NotFoundPage } from '../pages/NotFoundPage';
import { Header } from './Header';
import { HistoryRouter } from './HistoryRouter';
import { Menu } from './Menu';
import { Notifications } from './Notifications';

/** The theme lives in three places: React's context, the runtime's configuration and the document's class. */
export function applyTheme(mode: ThemeMode): GrafanaTheme2 {
  const theme = createTheme({ colors: { mode } });
  config.theme2 = theme;
  config.theme = theme.v1;
  config.bootData.user.theme = mode;
  config.bootData.user.lightTheme = mode === 'light';
  document.documentElement.style.colorScheme = mode;
  document.body.className = `theme-${mode} app-grafana`;
  return theme;
}

export function App({ appEvents }: { appEvents: EventBusSrv }) {
  const [theme, setTheme] = useState(() => applyTheme(startTheme));
  const change = (mode: ThemeMode) => {
    const next = applyTheme(mode);
    rememberTheme(mode);
    locationService.partial({ theme: mode }, true);
    setTheme(next);
    appEvents.publish(new ThemeChangedEvent(next));
  };
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <Global styles={{ body: { margin: 0, background: theme.colors.background.canvas } }} />
      <LocationServiceProvider service={locationService}>
        <HistoryRouter>
          <ModalsProvider>
            <Pages theme={theme.isDark ? 'dark' : 'light'} onThemeChange={change} />
            <ModalRoot />
          </ModalsProvider>
          <Notifications appEvents={appEvents} />
          <PortalContainer />
        </HistoryRouter>
      </LocationServiceProvider>
    </ThemeContext.Provider>
  );
}

function Pages({ theme, onThemeChange }: { theme: ThemeMode; onThemeChange: (mode: ThemeMode) => void }) {
  const styles = useStyles2(getStyles);
  const { pathname, search } = useLocation();
  const kiosk = new URLSearchParams(search).has('kiosk');
  return (
    <div className={styles.app}>
      {!kiosk && <Header theme={theme} onThemeChange={onThemeChange} />}
      <div className={styles.body}>
        {!kiosk && <Menu />}
        <main className={styles.main}>
          <ErrorBoundaryAlert dependencies={[pathname]}>
            <Routes>
              <Route path="/" element={<HomePage />} />
              <Route path="/d/:uid" element={<DashboardPage kiosk={kiosk} />} />
              <Route path="/d/:uid/:slug" element={<DashboardPage kiosk={kiosk} />} />
              <Route path="/a/:appId/*" element={<AppPage />} />
              <Route path="/editor/:pluginId" element={<EditorPage />} />
              <Route path="*" element={<NotFoundPage />} />
            </Routes>
          </ErrorBoundaryAlert>
        </main>
      </div>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  app: css({
    background: theme.colors.background.canvas,
    color: theme.colors.text.primary,
    display: 'flex',
    flexDirection: 'column',
    fontFamily: theme.typography.fontFamily,
    fontSize: theme.typography.body.fontSize,
    minHeight: '100vh',
  }),
  body: css({ display: 'flex', flexGrow: 1 }),
  main: css({ display: 'flex', flexDirection: 'column', flexGrow: 1, minWidth: 0, padding: theme.spacing(2) }),
});
