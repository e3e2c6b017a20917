/** The menu at the left, docked and as wide as Grafana's: it takes that width from every dashboard. */

import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { config, getBackendSrv } from '@grafana/runtime';
import { Icon, type IconName, useStyles2 } from '@grafana/ui';
import { useEffect, useState } from 'react';
import { Link, useLocation } from 'react-router-dom';

import { pages } from '../plugins/appPages';

/** `MENU_WIDTH` of Grafana's own docked menu. */
const WIDTH = 300;

interface Entry {
  title: string;
  url: string;
}

export function Menu() {
  const styles = useStyles2(getStyles);
  const { pathname } = useLocation();
  const [dashboards, setDashboards] = useState<Entry[]>([]);
  useEffect(() => {
    let mounted = true;
    void getBackendSrv()
      .get<Entry[]>('/api/search')
      .then((found) => mounted && setDashboards(found));
    return () => {
      mounted = false;
    };
  }, []);
  const apps = Object.keys(config.apps).flatMap((id) =>
    pages(id).map((page) => ({ title: page.name, url: page.path ?? `/a/${id}` })),
  );
  return (
    <nav className={styles.menu} aria-label="Menu" data-testid="docked-menu">
      <Part icon="apps" title="Dashboards" url="/" entries={dashboards} pathname={pathname} />
      <Part icon="layer-group" title="Headroom" entries={apps} pathname={pathname} />
      <Part icon="plug" title="Editors" url="/editor/headroom-llm-datasource" entries={[]} pathname={pathname} />
    </nav>
  );
}

interface PartProps {
  icon: IconName;
  title: string;
  url?: string;
  entries: Entry[];
  pathname: string;
}

function Part({ icon, title, url, entries, pathname }: PartProps) {
  const styles = useStyles2(getStyles);
  const heading = (
    <>
      <Icon name={icon} size="lg" /> {title}
    </>
  );
  return (
    <div>
      {url === undefined ? (
        <span className={styles.heading}>{heading}</span>
      ) : (
        <Link className={styles.heading} to={url} aria-current={pathname === url ? 'page' : undefined}>
          {heading}
        </Link>
      )}
      {entries.map((entry) => (
        <Link
          key={entry.url}
          className={styles.entry}
          to={entry.url}
          aria-current={pathname === entry.url ? 'page' : undefined}
        >
          {entry.title}
        </Link>
      ))}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => {
  const link = css({
    borderRadius: theme.shape.radius.default,
    color: theme.colors.text.secondary,
    display: 'flex',
    alignItems: 'center',
    gap: theme.spacing(1),
    padding: theme.spacing(0.75, 1),
    '&[aria-current="page"]': { background: theme.colors.action.selected, color: theme.colors.text.primary },
    'a&:hover': { color: theme.colors.text.primary, textDecoration: 'underline' },
  });
  return {
    menu: css({
      background: theme.colors.background.primary,
      borderRight: `1px solid ${theme.colors.border.weak}`,
      boxSizing: 'border-box',
      display: 'flex',
      flexDirection: 'column',
      flexShrink: 0,
      gap: theme.spacing(1),
      height: 'calc(100vh - 44px)',
      overflow: 'auto',
      padding: theme.spacing(1),
      position: 'sticky',
      top: 44,
      width: WIDTH,
      // As Grafana: a narrow window has no room for a docked menu.
      [theme.breakpoints.down('xl')]: { display: 'none' },
    }),
    heading: `${link} ${css({ fontWeight: theme.typography.fontWeightMedium })}`,
    entry: `${link} ${css({ marginLeft: theme.spacing(3.5) })}`,
  };
};
