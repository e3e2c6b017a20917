// One card per run: where it breaks, in numbers that can be read from across a room.
import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { type TimeZone } from '@grafana/schema';
import { useStyles2 } from '@grafana/ui';
import { type ReactElement } from 'react';

import { VerdictCard } from './VerdictCard';
import { type VerdictRun } from './verdicts';

interface Props {
  runs: VerdictRun[];
  timeZone: TimeZone;
  width: number;
}

/** Pixels. A narrower card would break the big number over two lines. */
const LEAST_WIDTH = 300;

export function VerdictView({ runs, timeZone, width }: Props): ReactElement {
  const styles = useStyles2(getStyles);
  const rows = Math.max(1, Math.ceil(runs.length / Math.max(1, Math.floor(width / LEAST_WIDTH))));
  // If three cards fit side by side, four cards become two rows of two.
  const columns = Math.ceil(runs.length / rows);
  return (
    <div
      className={styles.cards}
      style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}
      data-testid="headroom-verdicts"
    >
      {runs.map((run) => (
        <VerdictCard
          key={`${run.run.id} ${run.slo.id}`}
          run={run}
          timeZone={timeZone}
          width={width / columns}
          isBrief={rows > 1}
        />
      ))}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  cards: css({ display: 'grid', gap: theme.spacing(1) }),
});
