// Everything about the level of the point that was found.
import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { IconButton, Portal, useStyles2, VizTooltipContainer } from '@grafana/ui';
import { type ReactElement } from 'react';

import { type Found } from './Chart';
import { DataLinks } from './DataLinks';
import { linksOf, numberAt, type RunSeries } from './frames';
import { Latency, LimitUnit, LoadUnit, Read, Statistic } from '../generated/contract';
import { Marker, type Sign } from './Marker';
import { type Format, intervalText, UNKNOWN, valueText } from './values';
import { metricTitle } from './words';

interface Props {
  series: RunSeries;
  found: Found;
  /** The name of a point that is not a level of the series; empty for a level. */
  heading: string;
  sign: Sign;
  format: Format;
  pinned: boolean;
  onClose: () => void;
}

const LATENCIES = Object.values(Latency);
const STATISTICS = [Statistic.P50, Statistic.P95, Statistic.P99];

export function Tooltip(props: Props): ReactElement {
  const { series, found, heading, sign, pinned, onClose } = props;
  const styles = useStyles2(getStyles);
  // Only a level belongs to a row of the frame.
  const links = heading === '' ? linksOf([series.field], series.rows[found.row]) : [];
  return (
    <Portal>
      <VizTooltipContainer position={found.position} offset={{ x: 12, y: 12 }} allowPointerEvents={pinned}>
        <div className={styles.content} data-testid="headroom-tooltip">
          <div className={styles.header}>
            {heading === '' && <Marker {...sign} />}
            <strong className={styles.name}>{heading === '' ? series.name : heading}</strong>
            {pinned && <IconButton name="times" size="sm" tooltip="Unpin (Escape)" onClick={onClose} />}
          </div>
          <dl className={styles.facts}>
            {(found.facts.length > 0 ? found.facts.map(told) : factsOf(props)).map(({ name, value, testId }) => (
              <div key={name} className={styles.fact}>
                <dt>{name}</dt>
                <dd data-testid={testId}>{value}</dd>
              </div>
            ))}
          </dl>
          {heading === '' && <Latencies series={series} row={found.row} format={props.format} />}
          {pinned && <DataLinks links={links} />}
          <div className={styles.hint}>{hintOf(pinned, links.length > 0)}</div>
        </div>
      </VizTooltipContainer>
    </Portal>
  );
}

function hintOf(pinned: boolean, hasLinks: boolean): string {
  if (pinned) {
    return 'Click elsewhere or press Escape to unpin';
  }
  return hasLinks ? 'Click to pin and to follow its links' : 'Click to pin';
}

interface Fact {
  name: string;
  value: string;
  testId?: string;
}

function told(fact: Found['facts'][number]): Fact {
  return { ...fact, testId: 'headroom-tooltip-fact' };
}

/** What is known about the level, in reading order; what the frame lacks is left out. */
function factsOf({ series, found: { row, fitted }, format }: Props): Fact[] {
  const { columns, frame } = series;
  const at = (column: Float64Array) => column[row] ?? NaN;
  const frameRow = series.rows[row] ?? -1;
  const number = (name: string) => numberAt(frame, name, frameRow);
  const interval = intervalText(series, at(columns.lo), at(columns.hi), format);
  const facts: Fact[] = [
    { name: 'Load', value: format(at(columns.load), series.loadUnit), testId: 'headroom-tooltip-load' },
    { name: series.title, value: valueText(series, at(columns.value), format), testId: 'headroom-tooltip-value' },
  ];
  const add = (name: string, value: string | undefined, testId?: string) => {
    if (value !== undefined) {
      facts.push({ name, value, testId });
    }
  };
  const inUnit = (name: string, unit: string) => {
    const value = number(name);
    return value === undefined ? undefined : format(value, unit);
  };
  add('95 % interval', interval === '' ? undefined : interval, 'headroom-tooltip-interval');
  add('Fitted line', fitted === undefined ? undefined : valueText(series, fitted, format), 'headroom-tooltip-fitted');
  add('In flight (mean)', inUnit(Read.Concurrency, LimitUnit.Requests));
  add('Requests', requests(number(Read.Ok), number(Read.Errored), number(Read.Incomplete)));
  add('Request rate', inUnit(Read.RequestRate, LoadUnit.RequestsPerSecond));
  add('Output tokens', inUnit(Read.OutputRate, 'tok/s'));
  add('Prompt tokens', inUnit(Read.PromptRate, 'tok/s'));
  add('Measured for', inUnit(Read.DurationS, 's'));
  return facts;
}

function requests(ok?: number, errored?: number, incomplete?: number): string | undefined {
  const parts = [
    [ok, 'ok'],
    [errored, 'errored'],
    [incomplete, 'incomplete'],
  ] as const;
  const known = parts.flatMap(([count, word]) =>
    count === undefined ? [] : [`${count.toLocaleString('en-US')} ${word}`],
  );
  return known.length > 0 ? known.join(' · ') : undefined;
}

/** The latencies of the level, if the frame has them. */
function Latencies({ series, row, format }: Pick<Props, 'series' | 'format'> & { row: number }): ReactElement | null {
  const styles = useStyles2(getStyles);
  const frameRow = series.rows[row] ?? -1;
  const measured = LATENCIES.map((latency) => ({
    latency,
    values: STATISTICS.map((statistic) => numberAt(series.frame, `${latency}_${statistic}`, frameRow)),
  })).filter(({ values }) => values.some((value) => value !== undefined));
  if (measured.length === 0) {
    return null;
  }
  return (
    <table className={styles.latencies}>
      <thead>
        <tr>
          <td />
          {STATISTICS.map((statistic) => (
            <th key={statistic} scope="col">
              {statistic}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {measured.map(({ latency, values }) => (
          <tr key={latency}>
            <th scope="row">{metricTitle(latency, null)}</th>
            {values.map((value, index) => (
              <td key={STATISTICS[index]}>{value === undefined ? UNKNOWN : format(value, LimitUnit.Milliseconds)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  content: css({
    minWidth: 220,
    maxWidth: 380,
    padding: theme.spacing(0.5),
    fontSize: theme.typography.bodySmall.fontSize,
  }),
  header: css({
    display: 'flex',
    alignItems: 'center',
    gap: theme.spacing(0.75),
    paddingBottom: theme.spacing(0.75),
    borderBottom: `1px solid ${theme.colors.border.weak}`,
  }),
  name: css({ flex: 1, fontWeight: theme.typography.fontWeightMedium, overflowWrap: 'anywhere' }),
  facts: css({ margin: theme.spacing(0.75, 0) }),
  fact: css({
    display: 'flex',
    justifyContent: 'space-between',
    gap: theme.spacing(2),
    lineHeight: 1.5,
    dt: { color: theme.colors.text.secondary, fontWeight: theme.typography.fontWeightRegular },
    dd: {
      margin: 0,
      fontVariantNumeric: 'tabular-nums',
      fontWeight: theme.typography.fontWeightMedium,
      textAlign: 'right',
    },
  }),
  latencies: css({
    width: '100%',
    fontVariantNumeric: 'tabular-nums',
    borderTop: `1px solid ${theme.colors.border.weak}`,
    'th, td': { padding: theme.spacing(0, 0, 0, 1.5), lineHeight: 1.5, textAlign: 'right', whiteSpace: 'nowrap' },
    th: { color: theme.colors.text.secondary, fontWeight: theme.typography.fontWeightRegular },
    'tbody th': { textAlign: 'left', paddingLeft: 0 },
  }),
  hint: css({ marginTop: theme.spacing(0.5), color: theme.colors.text.disabled }),
});
