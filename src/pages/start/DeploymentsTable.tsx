import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';

import { countWords } from '../../panel/words';
import { type DeploymentRow, lacks } from './deployments';

/** The deployments that were recognized, and what each one lacks. */
export function DeploymentsTable({ rows }: { rows: DeploymentRow[] }) {
  const styles = useStyles2(getStyles);
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">Deployment</th>
          <th scope="col">Benchmarks</th>
          <th scope="col">Production</th>
          <th scope="col">What is missing</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.name}>
            <th scope="row">{row.name}</th>
            <td>{row.runs === 0 ? 'none' : countWords(row.runs, 'run')}</td>
            <td>{serversWords(row.servers)}</td>
            <td>{lacks(row).join('. ') || 'nothing'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function serversWords(servers: number | undefined): string {
  if (servers === undefined) {
    return 'not asked';
  }
  return servers === 0 ? 'not seen' : countWords(servers, 'server');
}

const getStyles = (theme: GrafanaTheme2) => ({
  table: css({
    width: '100%',
    margin: theme.spacing(0.5, 0),
    'th, td': { padding: theme.spacing(0.75, 2, 0.75, 0), textAlign: 'left', verticalAlign: 'top' },
    th: { fontWeight: theme.typography.fontWeightMedium, whiteSpace: 'nowrap' },
    'tbody th': { minWidth: theme.spacing(20), overflowWrap: 'anywhere', whiteSpace: 'normal' },
    thead: { color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize },
    'tbody tr': { borderTop: `1px solid ${theme.colors.border.weak}` },
    'td:nth-of-type(-n+2)': { whiteSpace: 'nowrap' },
  }),
});
