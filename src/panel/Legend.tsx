// Sign, name and breaking load of each run. As in Grafana's own legends, a click isolates a run; with ctrl, cmd or
// shift it adds or removes one.
import { css, cx } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { type MouseEvent, type ReactElement } from 'react';

import { Marker, type Sign } from './Marker';

export interface LegendItem {
  /** The index among all series. */
  index: number;
  name: string;
  sign: Sign;
  shown: boolean;
  /** Where the run breaks, in words; empty if no limit was judged. */
  answer: string;
}

interface Props {
  items: LegendItem[];
  vertical: boolean;
  /** With `alone` only this run is shown; otherwise it is added or removed. */
  onToggle: (index: number, alone: boolean) => void;
  onPoint: (index: number | undefined) => void;
}

export function Legend({ items, vertical, onToggle, onPoint }: Props): ReactElement {
  const styles = useStyles2(getStyles);
  return (
    <ul className={cx(styles.list, vertical && styles.vertical)} aria-label="Runs" data-testid="headroom-legend">
      {items.map(({ index, ...item }) => (
        <li key={item.name}>
          <button
            type="button"
            className={cx(styles.item, !item.shown && styles.hidden)}
            aria-pressed={item.shown}
            title="Click to show this run alone, with ctrl or cmd to add or remove it"
            onClick={(event: MouseEvent) => {
              onToggle(index, !(event.ctrlKey || event.metaKey || event.shiftKey));
            }}
            onMouseEnter={() => {
              onPoint(index);
            }}
            onMouseLeave={() => {
              onPoint(undefined);
            }}
          >
            <Marker {...item.sign} />
            <span className={styles.name}>{item.name}</span>
            {item.answer !== '' && <span className={styles.answer}>{item.answer}</span>}
          </button>
        </li>
      ))}
    </ul>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  list: css({
    display: 'flex',
    flexWrap: 'wrap',
    gap: theme.spacing(0, 1.5),
    margin: 0,
    padding: 0,
    listStyle: 'none',
  }),
  vertical: css({ flexDirection: 'column', flexWrap: 'nowrap' }),
  item: css({
    display: 'flex',
    alignItems: 'center',
    gap: theme.spacing(0.5),
    padding: theme.spacing(0.25, 0),
    maxWidth: '100%',
    border: 'none',
    background: 'none',
    color: theme.colors.text.primary,
    fontSize: theme.typography.bodySmall.fontSize,
    textAlign: 'left',
    '&:hover': { textDecoration: 'underline' },
  }),
  hidden: css({ color: theme.colors.text.disabled, svg: { opacity: 0.35 } }),
  name: css({ overflow: 'hidden', textOverflow: 'ellipsis' }),
  answer: css({ color: theme.colors.text.secondary, whiteSpace: 'nowrap', fontVariantNumeric: 'tabular-nums' }),
});
