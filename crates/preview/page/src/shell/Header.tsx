/** The bar at the top. It says on every page that this is not a Grafana. */

import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { config } from '@grafana/runtime';
import { Icon, ToolbarButton, Tooltip, useStyles2 } from '@grafana/ui';
import { Link, useLocation } from 'react-router-dom';

import type { ThemeMode } from '../bootData';
import { pageAt, pagesOfMenu } from '../plugins/appPages';

interface Props {
  theme: ThemeMode;
  onThemeChange: (theme: ThemeMode) => void;
}

const EXPLANATION =
  'Real dashboards, Grafana’s own front-end packages and the real plugin processes, but no Grafana server: no login, no saving, no alerting, no Explore, and look-alikes of Grafana’s own panels.';

export function Header({ theme, onThemeChange }: Props) {
  const styles = useStyles2(getStyles);
  const { pathname } = useLocation();
  const apps = Object.keys(config.apps);
  const other: ThemeMode = theme === 'dark' ? 'light' : 'dark';
  const tab = (to: string, label: string, active: boolean) => (
    <Link key={to} to={to} className={styles.tab} aria-current={active ? 'page' : undefined}>
      {label}
    </Link>
  );
  return (
    <div className={styles.bar} role="banner">
      <Link to="/" className={styles.brand}>
        <img src="/public/img/preview.svg" alt="" width={22} height={22} />
        Headroom
      </Link>
      <nav className={styles.tabs} aria-label="Preview">
        {tab('/', 'Dashboards', pathname === '/' || pathname.startsWith('/d/'))}
        {apps.flatMap((id) =>
          pagesOfMenu(id).map((page) => {
            const active = pathname.startsWith(`/a/${id}`) && pageAt(id, pathname)?.path === page.path;
            return tab(page.path ?? `/a/${id}`, page.name, active);
          }),
        )}
        {tab('/editor/headroom-llm-datasource', 'Editors', pathname.startsWith('/editor/'))}
      </nav>
      <div className={styles.spacer} />
      <Tooltip content={EXPLANATION}>
        <span className={styles.notice} data-testid="preview-notice">
          <Icon name="info-circle" size="sm" /> Preview, not Grafana
        </span>
      </Tooltip>
      <ToolbarButton
        icon="adjust-circle"
        variant="canvas"
        tooltip={`Change to the ${other} theme`}
        aria-label={`Change to the ${other} theme`}
        onClick={() => onThemeChange(other)}
      />
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  bar: css({
    alignItems: 'center',
    background: theme.colors.background.primary,
    borderBottom: `1px solid ${theme.colors.border.weak}`,
    display: 'flex',
    gap: theme.spacing(2),
    height: 44,
    padding: theme.spacing(0, 2),
    position: 'sticky',
    top: 0,
    zIndex: theme.zIndex.navbarFixed,
  }),
  brand: css({
    alignItems: 'center',
    display: 'flex',
    fontWeight: theme.typography.fontWeightMedium,
    fontSize: theme.typography.h5.fontSize,
    gap: theme.spacing(1),
  }),
  // The menu at the left has them where it is docked.
  tabs: css({
    display: 'flex',
    height: '100%',
    gap: theme.spacing(0.5),
    [theme.breakpoints.up('xl')]: { display: 'none' },
  }),
  tab: css({
    alignItems: 'center',
    color: theme.colors.text.secondary,
    display: 'flex',
    padding: theme.spacing(0, 1.5),
    position: 'relative',
    '&:hover': { color: theme.colors.text.primary },
    '&[aria-current="page"]': {
      color: theme.colors.text.primary,
      fontWeight: theme.typography.fontWeightMedium,
      '&::after': {
        background: theme.colors.gradients.brandHorizontal,
        bottom: 0,
        content: '""',
        height: 2,
        insetInline: 0,
        position: 'absolute',
      },
    },
  }),
  spacer: css({ flexGrow: 1 }),
  notice: css({
    alignItems: 'center',
    background: theme.colors.warning.transparent,
    border: `1px solid ${theme.colors.warning.borderTransparent}`,
    borderRadius: theme.shape.radius.pill,
    color: theme.colors.warning.text,
    display: 'inline-flex',
    fontSize: theme.typography.bodySmall.fontSize,
    fontWeight: theme.typography.fontWeightMedium,
    gap: theme.spacing(0.5),
    padding: theme.spacing(0.25, 1),
    whiteSpace: 'nowrap',
  }),
});
