import { css } from '@emotion/css';
import { type GrafanaTheme2, LoadingState, type PanelProps } from '@grafana/data';
import { PanelDataErrorView } from '@grafana/runtime';
import { type TimeZone } from '@grafana/schema';
import { Alert, LoadingPlaceholder, ScrollContainer, useStyles2, useTheme2 } from '@grafana/ui';
import { type ReactElement, useCallback, useMemo, useState } from 'react';

import { type ChartData, chartData } from './frames';
import { ChartView } from './ChartView';
import { ComparisonView } from './ComparisonView';
import { completed, type Options } from './options';
import { PointsTable } from './PointsTable';
import { useEngine } from './useEngine';
import { type VerdictRun, verdictRuns } from './verdicts';
import { VerdictView } from './VerdictView';
import { WhatIfView } from './WhatIfView';
import { type Engine, explained } from './wasm';

export function HeadroomPanel(props: PanelProps<Options>): ReactElement {
  const theme = useTheme2();
  const options = useMemo(() => completed(props.options), [props.options]);
  const frames = props.data.series;
  const { tokenBasis: basis, showProduction: production } = options;
  const limitOverride = options.view === 'saturation' ? options.limitOverride : undefined;
  const data = useMemo(
    () => chartData(frames, theme, { limitOverride, basis, production }),
    [frames, theme, limitOverride, basis, production],
  );
  const runs = useMemo(() => verdictRuns(frames), [frames]);
  if (options.view === 'verdict') {
    return runs.length > 0 ? <Verdicts {...props} runs={runs} /> : <NoData {...props} problems={data.problems} />;
  }
  return data.series.length > 0 ? (
    <Drawn {...props} options={options} data={data} runs={runs} />
  ) : (
    <NoData {...props} problems={data.problems} />
  );
}

function Verdicts({ runs, width, height, timeZone }: PanelProps<Options> & { runs: VerdictRun[] }): ReactElement {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.scroll} style={{ width, height }}>
      <ScrollContainer>
        <VerdictView runs={runs} timeZone={timeZone} width={width} />
      </ScrollContainer>
    </div>
  );
}

interface DrawnProps extends Omit<PanelProps<Options>, 'data'> {
  data: ChartData;
  runs: VerdictRun[];
}

/** What the engine draws or compares; where WebAssembly is not to be had, why, and the numbers that the backend has computed. */
function Drawn({ data, runs, options, width, height, timeZone }: DrawnProps): ReactElement {
  const styles = useStyles2(getStyles);
  const { engine, error } = useEngine();
  const [broken, setBroken] = useState<Error>();
  const onError = useCallback((cause: unknown) => {
    setBroken(explained(cause));
  }, []);
  const failure = error ?? broken;
  if (failure) {
    return (
      <div className={styles.scroll} style={{ width, height }} data-testid="headroom-without-chart">
        <ScrollContainer>
          <div className={styles.stack}>
            <Alert severity="warning" title="The chart cannot be drawn">
              {failure.message}
            </Alert>
            {runs.length > 0 && <VerdictView runs={runs} timeZone={timeZone} width={width} />}
            <PointsTable series={data.series} format={plainly} />
          </div>
        </ScrollContainer>
      </div>
    );
  }
  if (!engine) {
    return <LoadingPlaceholder text="Loading the chart…" />;
  }
  const notes = data.problems.length * NOTE_HEIGHT;
  return (
    <div className={styles.panel}>
      {data.problems.map((problem) => (
        <div key={problem} className={styles.problem} style={{ height: NOTE_HEIGHT }} title={problem}>
          {problem}
        </div>
      ))}
      <View
        engine={engine}
        data={data}
        options={options}
        timeZone={timeZone}
        width={width}
        height={Math.max(0, height - notes)}
        onError={onError}
      />
    </div>
  );
}

interface ViewProps {
  engine: Engine;
  data: ChartData;
  options: Options;
  timeZone: TimeZone;
  width: number;
  height: number;
  onError: (error: unknown) => void;
}

function View(props: ViewProps): ReactElement | null {
  const styles = useStyles2(getStyles);
  const { options, width, height } = props;
  switch (options.view) {
    case 'saturation':
    case 'cost':
    case 'pareto':
      return <ChartView {...props} view={options.view} />;
    case 'comparison':
      return (
        <div className={styles.scroll} style={{ width, height }}>
          <ScrollContainer>
            <ComparisonView {...props} />
          </ScrollContainer>
        </div>
      );
    case 'what_if':
      return (
        <div className={styles.scroll} style={{ width, height }}>
          <ScrollContainer>
            <WhatIfView {...props} width={width - SCROLLBAR} />
          </ScrollContainer>
        </div>
      );
    case 'verdict':
      return null;
  }
}

/** Room for a scroll bar beside a view that is higher than the panel, pixels. */
const SCROLLBAR = 12;

/** Height of the line that says what is not drawn, pixels. */
const NOTE_HEIGHT = 20;

/** A value in its unit without the engine, whose own words need WebAssembly. */
function plainly(value: number, unit: string): string {
  const digits = Math.abs(value) >= 100 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 };
  return `${value.toLocaleString('en-US', digits)} ${unit === 'users' && value === 1 ? 'user' : unit}`.trim();
}

interface NoDataProps extends PanelProps<Options> {
  problems: string[];
}

/** Why there is nothing to see: what the data source has said, and what the frames lack. */
function NoData({ id, data, fieldConfig, problems, width, height }: NoDataProps): ReactElement {
  const styles = useStyles2(getStyles);
  const notices = data.series.flatMap((frame) => frame.meta?.notices ?? []);
  if (data.state === LoadingState.Loading && data.series.length === 0) {
    return <LoadingPlaceholder text="Loading…" />;
  }
  const sentences = [...new Set([...notices.map(({ text }) => text), ...problems])];
  return (
    <div className={styles.scroll} style={{ width, height }} data-testid="headroom-no-data">
      <ScrollContainer>
        {sentences.map((sentence) => (
          <Alert key={sentence} severity="warning" title={sentence} />
        ))}
        <PanelDataErrorView
          panelId={id}
          data={data}
          fieldConfig={fieldConfig}
          needsNumberField
          message="No runs to show. Choose the Headroom data source with a Curve or Verdict query, or a frame with a load and a value"
        />
      </ScrollContainer>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  panel: css({ position: 'relative' }),
  stack: css({ display: 'grid', gap: theme.spacing(1), alignContent: 'start' }),
  scroll: css({ overflow: 'hidden' }),
  problem: css({
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    color: theme.colors.warning.text,
    fontSize: theme.typography.bodySmall.fontSize,
  }),
});
