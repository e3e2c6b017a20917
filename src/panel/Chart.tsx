// The canvas: passes data, pointer and keys to the WebAssembly, and reports what it finds.
import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { useStyles2, useTheme2 } from '@grafana/ui';
import {
  type KeyboardEvent,
  type PointerEvent,
  type ReactElement,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';

import { type Chart as Plot, type Hit } from '../../panel/pkg/headroom_panel';
import { type ChartOptions, type ChartSeries, type DrawnChart, type Fact } from '../generated/contract';
import { type Ticks } from './chartSeries';
import { chartTheme } from './chartTheme';
import { usePixelRatio } from './usePixelRatio';
import { type Engine } from './wasm';

/** A point that the pointer or the keyboard has found. */
export interface Found {
  series: number;
  /** The row of the series' columns. */
  row: number;
  /** The position in the chart, pixels from its top left corner. */
  x: number;
  y: number;
  /** The same position in the window, pixels. */
  position: { x: number; y: number };
  /** The value of the fitted line at this load; `undefined` if there is no line. */
  fitted: number | undefined;
  /** What the engine knows about the point besides its columns. */
  facts: Fact[];
}

/** The point that is found now, and whether it stays when the pointer leaves. */
export interface Selection {
  found: Found;
  pinned: boolean;
}

interface Props {
  engine: Engine;
  series: ChartSeries[];
  options: ChartOptions;
  ticks: Ticks;
  /** The bound that replaces the one of the drawn limit. */
  bound: number | undefined;
  width: number;
  height: number;
  /** The picture in words, for screen readers. */
  summary: string;
  /** The series that the pointer is on in the legend. */
  emphasis: number | undefined;
  selection: Selection | undefined;
  onSelect: (selection: Selection | undefined) => void;
  /** Called after each drawing with what the engine has computed. */
  onDrawn: (drawn: DrawnChart) => void;
  onError: (error: unknown) => void;
}

const STEPS: Record<string, keyof Engine['Step']> = {
  ArrowLeft: 'Left',
  ArrowRight: 'Right',
  ArrowUp: 'Up',
  ArrowDown: 'Down',
  Home: 'First',
  End: 'Last',
};

export function Chart(props: Props): ReactElement {
  const { engine, series, options, ticks, bound, width, height, emphasis, selection, onSelect, onDrawn, onError } =
    props;
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  const ratio = usePixelRatio();
  const fonts = useFontsLoaded();
  const container = useRef<HTMLDivElement>(null);
  const base = useRef<HTMLCanvasElement>(null);
  const overlay = useRef<HTMLCanvasElement>(null);
  const plot = useRef<Plot>(undefined);

  // A redraw keeps the selected point if it still exists.
  const kept = useRef(selection);
  useEffect(() => {
    kept.current = selection;
  }, [selection]);

  useLayoutEffect(() => {
    if (!base.current || !overlay.current) {
      return;
    }
    try {
      plot.current = new engine.Chart(base.current, overlay.current);
    } catch (error) {
      onError(error);
    }
    return () => {
      plot.current?.free();
      plot.current = undefined;
    };
  }, [engine, onError]);

  useLayoutEffect(() => {
    const chart = plot.current;
    if (!chart || !base.current || !overlay.current) {
      return;
    }
    for (const canvas of [base.current, overlay.current]) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    try {
      chart.resize(width, height, ratio);
      chart.setTheme(chartTheme(theme));
      chart.setOptions(options, ticks);
      chart.setSeries(series);
      chart.moveLimit(bound);
      chart.emphasize(emphasis);
      onDrawn(chart.draw());
      if (kept.current) {
        const { found, pinned } = kept.current;
        const again = taken(chart, chart.focus(found.series, found.row), container.current);
        if (again?.x !== found.x || again.y !== found.y) {
          onSelect(again && { found: again, pinned });
        }
      }
    } catch (error) {
      onError(error);
    }
  }, [engine, series, options, ticks, bound, width, height, ratio, theme, fonts, emphasis, onDrawn, onSelect, onError]);

  useEffect(() => {
    if (!selection) {
      plot.current?.clearFocus();
    }
  }, [selection]);

  const select = (found: Found | undefined, pinned: boolean) => {
    const same = found?.series === selection?.found.series && found?.row === selection?.found.row;
    if (!same || pinned !== (selection?.pinned ?? false)) {
      onSelect(found && { found, pinned });
    }
  };

  const at = (event: PointerEvent) => {
    const { left, top } = event.currentTarget.getBoundingClientRect();
    return taken(plot.current, plot.current?.hover(event.clientX - left, event.clientY - top), container.current);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step !== undefined) {
      select(taken(plot.current, plot.current?.step(engine.Step[step]), container.current), selection?.pinned ?? false);
    } else if (event.key === 'Escape' && selection) {
      onSelect(undefined);
    } else if ((event.key === 'Enter' || event.key === ' ') && selection) {
      select(selection.found, !selection.pinned);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    // The role `application`: arrow keys move from point to point, and a live region says where they are.
    <div
      ref={container}
      className={styles.chart}
      style={{ width, height }}
      role="application"
      aria-roledescription="chart"
      aria-label={props.summary}
      tabIndex={0}
      data-testid="headroom-chart"
      onKeyDown={onKeyDown}
      onPointerMove={(event) => {
        if (!selection?.pinned) {
          select(at(event), false);
        }
      }}
      onPointerLeave={() => {
        if (!selection?.pinned) {
          select(undefined, false);
        }
      }}
      onPointerUp={(event) => {
        const found = at(event);
        const again =
          selection?.pinned && found?.series === selection.found.series && found.row === selection.found.row;
        select(found, !again);
      }}
      onBlur={() => {
        if (!selection?.pinned) {
          select(undefined, false);
        }
      }}
    >
      <canvas ref={base} className={styles.canvas} aria-hidden />
      <canvas ref={overlay} className={styles.canvas} aria-hidden />
    </div>
  );
}

/** Copies what the engine found out of its memory, and frees it there. */
function taken(plot: Plot | undefined, hit: Hit | undefined, container: HTMLDivElement | null): Found | undefined {
  if (!plot || !hit || !container) {
    return undefined;
  }
  const { series, row, x, y, fitted } = hit;
  hit.free();
  const { left, top } = container.getBoundingClientRect();
  return { series, row, x, y, fitted, facts: plot.facts(), position: { x: left + x, y: top + y } };
}

/** Becomes true when the page's fonts are loaded, because a canvas does not redraw itself. */
function useFontsLoaded(): boolean {
  const [loaded, setLoaded] = useState(document.fonts.status === 'loaded');
  useEffect(() => {
    let mounted = true;
    void document.fonts.ready.then(() => {
      if (mounted) {
        setLoaded(true);
      }
    });
    return () => {
      mounted = false;
    };
  }, []);
  return loaded;
}

const getStyles = (theme: GrafanaTheme2) => ({
  chart: css({
    position: 'relative',
    cursor: 'crosshair',
    borderRadius: theme.shape.radius.default,
    '&:focus-visible': { outline: `2px solid ${theme.colors.primary.main}`, outlineOffset: -2 },
  }),
  canvas: css({ position: 'absolute', inset: 0, width: '100%', height: '100%' }),
});
