import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { type ReactNode, useEffect } from 'react';

interface Props {
  title: string;
  subTitle?: ReactNode;
  actions?: ReactNode;
}

/** A page's heading; also what the browser's tab says. */
export function PageTitle({ title, subTitle, actions }: Props) {
  const styles = useStyles2(getStyles);
  useEffect(() => {
    document.title = `${title} – Headroom preview`;
  }, [title]);
  return (
    <header className={styles.header}>
      <div className={styles.text}>
        <h1 className={styles.title}>{title}</h1>
        {subTitle && <div className={styles.subTitle}>{subTitle}</div>}
      </div>
      {actions && <div className={styles.actions}>{actions}</div>}
    </header>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  header: css({
    display: 'flex',
    flexWrap: 'wrap',
    justifyContent: 'space-between',
    alignItems: 'flex-start',
    gap: theme.spacing(2),
  }),
  text: css({ flex: '1 1 400px' }),
  title: css({ ...theme.typography.h3, margin: 0 }),
  subTitle: css({ color: theme.colors.text.secondary, marginTop: theme.spacing(0.5) }),
  actions: css({ display: 'flex', gap: theme.spacing(1) }),
});
