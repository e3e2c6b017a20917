// Runs side by side. Every text comes from the engine or from the frames.
import { css, cx } from '@emotion/css';
import { dateTimeFormat, type GrafanaTheme2 } from '@grafana/data';
import { type TimeZone } from '@grafana/schema';
import { Icon, useStyles2 } from '@grafana/ui';
import { Fragment, type ReactElement } from 'react';

import { type RunSeries } from './frames';
import { Marker, type Sign } from './Marker';
import { Part } from './options';
import { type Comparison, type ComparisonCell, type ComparisonRow, Mark, type Run } from '../generated/contract';
import { workloadWords } from './words';

interface Props {
  comparison: Comparison;
  series: RunSeries[];
  signs: Sign[];
  timeZone: TimeZone;
  part: Part;
  /** Whether to show the rows that say what was compared. */
  facts: boolean;
}

export function ComparisonTable({ comparison, series, signs, timeZone, part, facts }: Props): ReactElement {
  const styles = useStyles2(getStyles);
  const [hasAnswer, hasFigures] = [part !== Part.Figures, part !== Part.Answer];
  const sentences = hasAnswer ? [...comparison.sentences, ...(facts ? comparison.notes : [])] : [];
  // The what-if view has a slider for the limit instead.
  const over = hasAnswer && facts ? comparison.over : [];
  const rows = [...over, ...(hasFigures ? comparison.rows : [])];
  return (
    <div className={styles.content} data-testid="headroom-comparison">
      {sentences.length > 0 && (
        <ul className={styles.sentences} data-testid="headroom-sentences">
          {sentences.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      )}
      {part === Part.Answer && series.length < 2 && (
        <div data-testid="headroom-alone">Only one run is chosen: there is nothing to compare it with.</div>
      )}
      <table className={styles.table} hidden={rows.length === 0}>
        <thead>
          <tr>
            <td />
            {series.map((one, index) => (
              <th key={one.name} scope="col">
                <span className={styles.run}>
                  {signs[index] && <Marker {...signs[index]} />}
                  {one.name}
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {facts &&
            hasFigures &&
            factRows(timeZone).map(({ label, of }) => (
              <tr key={label}>
                <th scope="row">{label}</th>
                {series.map((one) => (
                  <td key={one.name} className={styles.fact}>
                    {one.meta ? of(one.meta.run) : 'unknown'}
                  </td>
                ))}
              </tr>
            ))}
          {rows.map((row) => (
            <Fragment key={`${row.id} ${row.label}`}>
              {row.section !== undefined && (
                <tr className={styles.section}>
                  <th colSpan={series.length + 1} scope="colgroup">
                    {row.section}
                  </th>
                </tr>
              )}
              <Answers row={row} series={series} />
            </Fragment>
          ))}
        </tbody>
      </table>
      <div className={styles.note}>
        {hasFigures
          ? 'Small print in a cell is its 95 % interval, its source or its reason. A star marks the cheapest where the ' +
            'intervals leave no doubt. A load is that of one replica unless it says otherwise.'
          : 'Small print in a cell is the load that one replica holds within the limit, and what is known of the doubt.'}
      </div>
    </div>
  );
}

function Answers({ row, series }: { row: ComparisonRow; series: RunSeries[] }): ReactElement {
  return (
    <tr data-row={row.id}>
      <th scope="row">{row.label}</th>
      {row.cells.map((cell, index) => (
        <Answer key={series[index]?.name ?? index} cell={cell} />
      ))}
    </tr>
  );
}

function Answer({ cell }: { cell: ComparisonCell }): ReactElement {
  const styles = useStyles2(getStyles);
  return (
    <td className={cx(cell.mark === Mark.Best && styles.best, cell.mark === Mark.Bad && styles.bad)}>
      <span className={styles.text}>
        {cell.mark === Mark.Best && <Icon name="favorite" size="sm" title="Cheapest" />}
        {cell.mark === Mark.Bad && <Icon name="exclamation-triangle" size="sm" title="Does not hold" />}
        {cell.text === '' ? '–' : cell.text}
      </span>
      {cell.detail !== '' && <span className={styles.detail}>{cell.detail}</span>}
    </td>
  );
}

/** What was compared, so that differences besides the intended one are visible. */
function factRows(timeZone: TimeZone): { label: string; of: (run: Run) => string }[] {
  const known = (value: string | null) => value ?? 'unknown';
  return [
    { label: 'Model', of: ({ model }) => known(model) },
    { label: 'Quantization', of: ({ quantization }) => known(quantization) },
    {
      label: 'Hardware of one replica',
      of: ({ hardware, gpus }) =>
        `${gpus === null ? '' : `${gpus.toLocaleString('en-US')} × `}${hardware ?? 'hardware unknown'}`,
    },
    { label: 'Engine', of: ({ engine }) => known(engine) },
    { label: 'Workload', of: workloadWords },
    {
      label: 'Benchmark',
      of: ({ tool, tool_version, started_ms }) =>
        [
          [tool, tool_version ?? ''].join(' ').trim(),
          started_ms === null ? 'date unknown' : dateTimeFormat(started_ms, { timeZone, format: 'YYYY-MM-DD' }),
        ].join(', '),
    },
  ];
}

const getStyles = (theme: GrafanaTheme2) => ({
  content: css({ display: 'grid', gap: theme.spacing(1.5), alignContent: 'start' }),
  sentences: css({
    margin: 0,
    padding: theme.spacing(1, 1.5),
    listStyle: 'none',
    background: theme.colors.background.secondary,
    borderRadius: theme.shape.radius.default,
    fontSize: theme.typography.h5.fontSize,
    'li + li': { marginTop: theme.spacing(0.5) },
  }),
  table: css({
    width: '100%',
    fontVariantNumeric: 'tabular-nums',
    'th, td': { padding: theme.spacing(0.5, 1), verticalAlign: 'top', textAlign: 'right' },
    'tbody th': {
      textAlign: 'left',
      fontWeight: theme.typography.fontWeightRegular,
      color: theme.colors.text.secondary,
      width: '28%',
    },
    'tbody tr': { borderTop: `1px solid ${theme.colors.border.weak}` },
    thead: { position: 'sticky', top: 0, background: theme.colors.background.primary },
    'thead th': { fontWeight: theme.typography.fontWeightMedium, overflowWrap: 'anywhere' },
  }),
  run: css({ display: 'inline-flex', alignItems: 'center', gap: theme.spacing(0.5) }),
  fact: css({ overflowWrap: 'anywhere' }),
  section: css({
    'tbody &': { borderTop: 'none' },
    'tbody & th': {
      paddingTop: theme.spacing(1.5),
      fontWeight: theme.typography.fontWeightMedium,
      color: theme.colors.text.primary,
    },
  }),
  text: css({
    display: 'flex',
    justifyContent: 'flex-end',
    alignItems: 'center',
    gap: theme.spacing(0.5),
    fontWeight: theme.typography.fontWeightMedium,
  }),
  detail: css({ display: 'block', color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
  best: css({ '& > span:first-of-type': { color: theme.colors.success.text } }),
  bad: css({ '& > span:first-of-type': { color: theme.colors.error.text } }),
  note: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
});
