// Every point as a table: for screen readers beside the chart, and for everybody if there is no chart.
import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { type ReactElement } from 'react';

import { type RunSeries } from './frames';
import { type Format, intervalText, valueText } from './values';

interface Props {
  series: RunSeries[];
  format: Format;
}

export function PointsTable({ series, format }: Props): ReactElement {
  const styles = useStyles2(getStyles);
  return (
    <table className={styles.table}>
      <caption>Measured levels</caption>
      <thead>
        <tr>
          <th scope="col">Run</th>
          <th scope="col">Load</th>
          <th scope="col">{series[0]?.title ?? 'Value'}</th>
          <th scope="col">95 % interval</th>
        </tr>
      </thead>
      <tbody>
        {series.flatMap((run) =>
          Array.from(run.columns.load, (load, row) => (
            <tr key={`${run.name} ${load}`}>
              <th scope="row">{run.name}</th>
              <td>{format(load, run.loadUnit)}</td>
              <td>{valueText(run, run.columns.value[row] ?? NaN, format)}</td>
              <td>{intervalText(run, run.columns.lo[row] ?? NaN, run.columns.hi[row] ?? NaN, format) || 'unknown'}</td>
            </tr>
          )),
        )}
      </tbody>
    </table>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  table: css({
    width: '100%',
    fontSize: theme.typography.bodySmall.fontSize,
    fontVariantNumeric: 'tabular-nums',
    caption: { captionSide: 'top', color: theme.colors.text.secondary },
    'th, td': { padding: theme.spacing(0.25, 1), textAlign: 'right', fontWeight: theme.typography.fontWeightRegular },
    'th:first-of-type': { textAlign: 'left' },
    thead: { color: theme.colors.text.secondary },
    'tbody tr': { borderTop: `1px solid ${theme.colors.border.weak}` },
  }),
});
