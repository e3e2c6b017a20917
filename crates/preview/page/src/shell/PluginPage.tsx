/** The frame that an app's pages put around themselves (`PluginPage` of @grafana/runtime). */

import { css } from '@emotion/css';
import { type GrafanaTheme2, usePluginContext } from '@grafana/data';
import type { PluginPageProps } from '@grafana/runtime';
import { Tab, TabsBar, useStyles2 } from '@grafana/ui';
import { useLocation } from 'react-router-dom';

import { pageAt } from '../plugins/appPages';
import { PageTitle } from './PageTitle';

/** `pageNav` names the page and its tabs; a page without one has the name that plugin.json gives it. */
export function PluginPage({ pageNav, subTitle, actions, info, renderTitle, children }: PluginPageProps) {
  const styles = useStyles2(getStyles);
  const plugin = usePluginContext();
  const { pathname } = useLocation();
  const title = pageNav?.text ?? pageAt(plugin?.meta.id ?? '', pathname)?.name ?? plugin?.meta.name ?? 'App';
  const tabs = pageNav?.children?.filter((child) => !child.hideFromTabs) ?? [];
  return (
    <div className={styles.page}>
      {renderTitle ? (
        renderTitle(title)
      ) : (
        <PageTitle title={title} subTitle={subTitle ?? pageNav?.subTitle} actions={actions} />
      )}
      {info && (
        <dl className={styles.info}>
          {info.map(({ label, value }) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {tabs.length > 0 && (
        <TabsBar>
          {tabs.map((tab) => (
            <Tab key={tab.url ?? tab.text} label={tab.text} active={tab.active} href={tab.url} />
          ))}
        </TabsBar>
      )}
      {children}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  page: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(2), flexGrow: 1 }),
  info: css({
    display: 'flex',
    gap: theme.spacing(3),
    margin: 0,
    '& dt': { color: theme.colors.text.secondary },
    '& dd': { margin: 0 },
  }),
});
