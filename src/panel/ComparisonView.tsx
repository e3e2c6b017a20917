import { type TimeZone } from '@grafana/schema';
import { type ReactElement, useMemo } from 'react';

import { ComparisonTable } from './ComparisonTable';
import { type ChartData } from './frames';
import { type Options, Part } from './options';
import { type Asked, signsOf, useAllSeries, useComparison } from './useComparison';
import { type Engine } from './wasm';

interface Props {
  engine: Engine;
  data: ChartData;
  options: Options;
  timeZone: TimeZone;
}

export function ComparisonView({ engine, data, options, timeZone }: Props): ReactElement {
  const series = useAllSeries(data);
  const { targetLoad, spareReplicas, part } = options;
  const asked = useMemo(
    (): Asked => ({ load: targetLoad, spare: spareReplicas, overLimits: part !== Part.Figures }),
    [targetLoad, spareReplicas, part],
  );
  const comparison = useComparison(engine, data, series, options, asked);
  return (
    <ComparisonTable
      comparison={comparison}
      series={data.series}
      signs={signsOf(engine, data)}
      timeZone={timeZone}
      part={part}
      facts
    />
  );
}
