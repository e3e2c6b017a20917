// The data links that the user gave a field, filled in with the values of the row.
import { css } from '@emotion/css';
import { type Field, type GrafanaTheme2, type LinkModel } from '@grafana/data';
import { DataLinkButton, useStyles2 } from '@grafana/ui';
import { type ReactElement } from 'react';

export function DataLinks({ links }: { links: LinkModel<Field>[] }): ReactElement | null {
  const styles = useStyles2(getStyles);
  if (links.length === 0) {
    return null;
  }
  return (
    <div className={styles.links} data-testid="headroom-links">
      {links.map((link) => (
        <DataLinkButton key={link.title} link={link} buttonProps={{ size: 'sm', fill: 'text', variant: 'secondary' }} />
      ))}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  links: css({
    display: 'flex',
    flexWrap: 'wrap',
    gap: theme.spacing(0.5),
    marginTop: theme.spacing(0.75),
  }),
});
