import { css } from '@emotion/css';
import { type GrafanaTheme2, type PanelProps } from '@grafana/data';
import { type TimeZone } from '@grafana/schema';
import { Alert, LoadingPlaceholder, ScrollContainer, useStyles2, useTheme2 } from '@grafana/ui';
import { type ReactElement, type ReactNode, useCallback, useMemo, useState } from 'react';

import { failureLine, failuresOf } from './failures';
import { type ChartData, chartData } from './frames';
import { ChartView } from './ChartView';
import { ComparisonView } from './ComparisonView';
import { NoData } from './NoData';
import { LoadUnit, View as ViewKind } from '../generated/contract';
import { completed, type Options } from './options';
import { PointsTable } from './PointsTable';
import { useEngine } from './useEngine';
import { type VerdictRun, verdictRuns } from './verdicts';
import { VerdictView } from './VerdictView';
import { WhatIfView } from './WhatIfView';
import { type Engine, explained } from './wasm';

export function HeadroomPanel(props: PanelProps<Options>): ReactElement {
  const theme = useTheme2();
  const styles = useStyles2(getStyles);
  const options = useMemo(() => completed(props.options), [props.options]);
  const frames = props.data.series;
  const { tokenBasis: basis, showProduction: production } = options;
  const { unit } = props.fieldConfig.defaults;
  const limitOverride = options.view === ViewKind.Saturation ? options.limitOverride : undefined;
  const data = useMemo(
    () => chartData(frames, theme, { limitOverride, basis, production, unit }),
    [frames, theme, limitOverride, basis, production, unit],
  );
  const runs = useMemo(() => verdictRuns(frames), [frames]);
  const failures = failuresOf(props.data).map(failureLine);
  const { width, height, timeZone } = props;
  const view = shownView(options.view, data, runs);
  if (view === undefined) {
    return <NoData {...props} problems={data.problems} />;
  }
  const isCards = view === ViewKind.Verdict;
  return (
    <Noted failures={failures} problems={isCards ? [] : data.problems} width={width} height={height}>
      {(rest) =>
        isCards ? (
          <div className={styles.scroll} style={{ width, height: rest }}>
            <ScrollContainer>
              <VerdictView runs={runs} timeZone={timeZone} width={width} />
            </ScrollContainer>
          </div>
        ) : (
          <Drawn {...props} height={rest} options={options} data={data} runs={runs} />
        )
      }
    </Noted>
  );
}

/** The view that the frames have enough data for; `undefined` if there is nothing to show. */
function shownView(chosen: ViewKind, { series }: ChartData, runs: VerdictRun[]): ViewKind | undefined {
  if (chosen !== ViewKind.Verdict && series.length > 0) {
    return chosen;
  }
  // Frames with verdicts only have no curve. A new panel and Explore start with the default view, so cards replace it
  // there.
  const cards = chosen === ViewKind.Verdict || chosen === ViewKind.Saturation;
  return cards && runs.length > 0 ? ViewKind.Verdict : undefined;
}

interface NotedProps {
  /** The panel's queries that failed, one line each. */
  failures: string[];
  /** What the frames contain and the panel does not draw. */
  problems: string[];
  width: number;
  height: number;
  /** Called with the height that is left, pixels. */
  children: (height: number) => ReactNode;
}

/** A picture below the lines that say what is missing from it. */
function Noted({ failures, problems, width, height, children }: NotedProps): ReactElement {
  const styles = useStyles2(getStyles);
  const notes = [
    ...failures.map((text) => ({ text, className: styles.failure })),
    ...problems.map((text) => ({ text, className: styles.problem })),
  ];
  return (
    <div className={styles.panel} style={{ width, height }}>
      {notes.map(({ text, className }) => (
        <div key={text} className={className} style={{ height: NOTE_HEIGHT }} title={text} data-testid="headroom-note">
          {text}
        </div>
      ))}
      {children(Math.max(0, height - notes.length * NOTE_HEIGHT))}
    </div>
  );
}

interface DrawnProps extends Omit<PanelProps<Options>, 'data'> {
  data: ChartData;
  runs: VerdictRun[];
}

/**
 * What the engine draws or compares. Without WebAssembly: the reason, and the numbers that the backend has computed.
 */
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
  return (
    <View
      engine={engine}
      data={data}
      options={options}
      timeZone={timeZone}
      width={width}
      height={height}
      onError={onError}
    />
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
  if (options.view === ViewKind.Verdict) {
    return null;
  }
  if (options.view === ViewKind.Comparison) {
    return (
      <div className={styles.scroll} style={{ width, height }}>
        <ScrollContainer>
          <ComparisonView {...props} />
        </ScrollContainer>
      </div>
    );
  }
  if (options.view === ViewKind.WhatIf) {
    return (
      <div className={styles.scroll} style={{ width, height }}>
        <ScrollContainer>
          <WhatIfView {...props} width={width - SCROLLBAR} />
        </ScrollContainer>
      </div>
    );
  }
  // Every other view is a picture that the engine draws; the engine knows it by its id.
  return <ChartView {...props} view={options.view} />;
}

/** Room for a scroll bar beside a view that is higher than the panel, pixels. */
const SCROLLBAR = 12;

/** Height of the line that says what is not drawn, pixels. */
const NOTE_HEIGHT = 20;

/** A value with its unit, without the engine, whose formatting needs WebAssembly. */
function plainly(value: number, unit: string): string {
  const digits = Math.abs(value) >= 100 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 };
  return `${value.toLocaleString('en-US', digits)} ${unit === LoadUnit.Users && value === 1 ? 'user' : unit}`.trim();
}

const getStyles = (theme: GrafanaTheme2) => {
  const note = {
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    fontSize: theme.typography.bodySmall.fontSize,
  } as const;
  return {
    panel: css({ position: 'relative', overflow: 'hidden' }),
    stack: css({ display: 'grid', gap: theme.spacing(1), alignContent: 'start' }),
    scroll: css({ overflow: 'hidden' }),
    failure: css({ ...note, color: theme.colors.error.text }),
    problem: css({ ...note, color: theme.colors.warning.text }),
  };
};
