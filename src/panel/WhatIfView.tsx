// Tries out another limit, price, number of replicas or load: the curve and the table follow every key.
import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { type TimeZone } from '@grafana/schema';
import { Button, Field, Input, Slider, useStyles2 } from '@grafana/ui';
import { type ReactElement, useId, useMemo, useState } from 'react';

import { View } from '../generated/contract';
import { ChartView } from './ChartView';
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
  width: number;
  height: number;
  onError: (error: unknown) => void;
}

/** What the user has typed; an absent value is as measured. */
interface Assumptions {
  bound?: number;
  load?: number;
  replicas?: number;
  spare?: number;
  /** Dollars per hour, by run name. */
  prices: Record<string, number | undefined>;
}

const MEASURED: Assumptions = { prices: {} };

/** The slider ends at this multiple of the service level's own bound. */
const REACH = 4;
const SOURCE = 'as typed here';

export function WhatIfView({ engine, data, options, timeZone, width, height, onError }: Props): ReactElement {
  const styles = useStyles2(getStyles);
  const [assumed, setAssumed] = useState(MEASURED);
  const { bound, load = options.targetLoad, replicas, spare = options.spareReplicas, prices } = assumed;
  const measured = useAllSeries(data);
  const series = useMemo(
    () =>
      measured.map((one) => {
        const price = prices[one.name];
        return price === undefined ? one : { ...one, price, priceSource: SOURCE };
      }),
    [measured, prices],
  );
  const asked = useMemo(
    (): Asked => ({ bound, load, replicas, spare, overLimits: false }),
    [bound, load, replicas, spare],
  );
  const comparison = useComparison(engine, data, series, options, asked);
  const assume = (part: Partial<Assumptions>) => {
    setAssumed((before) => ({ ...before, ...part }));
  };
  const { limit } = comparison;
  const unit = data.series[0]?.loadUnit ?? '';
  const chartHeight = Math.max(220, Math.min(420, height * 0.45));
  return (
    <div className={styles.view} data-testid="headroom-what-if">
      <div className={styles.controls}>
        {limit && (
          <Limit
            label={`${limit.subject} at most (${limit.unit})`}
            own={limit.bound}
            value={bound}
            onChange={(value) => {
              assume({ bound: value });
            }}
          />
        )}
        <NumberField
          label={`Load to serve (${unit === '' ? 'load' : unit})`}
          placeholder="None"
          value={load}
          onChange={(value) => {
            assume({ load: value });
          }}
        />
        <NumberField
          label="Replicas"
          placeholder="As needed"
          value={replicas}
          whole
          onChange={(value) => {
            assume({ replicas: value });
          }}
        />
        <NumberField
          label="Spare replicas"
          placeholder="0"
          value={assumed.spare ?? (options.spareReplicas > 0 ? options.spareReplicas : undefined)}
          whole
          onChange={(value) => {
            assume({ spare: value ?? 0 });
          }}
        />
        {data.series.map(({ name, meta }) => (
          <NumberField
            key={name}
            label={`$ per hour, ${name}`}
            placeholder={meta?.run.price_per_hour == null ? 'Unknown' : String(meta.run.price_per_hour)}
            value={prices[name]}
            onChange={(value) => {
              assume({ prices: { ...prices, [name]: value } });
            }}
          />
        ))}
        <Button
          variant="secondary"
          icon="history"
          disabled={assumed === MEASURED}
          onClick={() => {
            setAssumed(MEASURED);
          }}
        >
          Reset
        </Button>
      </div>
      <ChartView
        engine={engine}
        data={data}
        options={options}
        view={View.Saturation}
        bound={bound}
        width={width}
        height={chartHeight}
        onError={onError}
      />
      <ComparisonTable
        comparison={comparison}
        series={data.series}
        signs={signsOf(engine, data)}
        timeZone={timeZone}
        part={Part.All}
        facts={false}
      />
    </div>
  );
}

interface LimitProps {
  label: string;
  own: number;
  value: number | undefined;
  onChange: (value: number | undefined) => void;
}

/** A slider for a quick look, and a field for an exact bound. */
function Limit({ label, own, value, onChange }: LimitProps): ReactElement {
  const styles = useStyles2(getStyles);
  const id = useId();
  return (
    <div className={styles.limit}>
      <NumberField label={label} placeholder={String(own)} value={value} onChange={onChange} />
      <div className={styles.slider}>
        <Slider
          inputId={id}
          showInput={false}
          min={0}
          max={own * REACH}
          step={own / 100}
          value={value ?? own}
          onChange={(to) => {
            onChange(to > 0 ? to : undefined);
          }}
        />
      </div>
    </div>
  );
}

interface NumberProps {
  label: string;
  placeholder: string;
  value: number | undefined;
  whole?: boolean;
  onChange: (value: number | undefined) => void;
}

/** A number of at least 0; an empty field means the measured value. */
function NumberField({ label, placeholder, value, whole = false, onChange }: NumberProps): ReactElement {
  const id = useId();
  return (
    <Field label={label} htmlFor={id} noMargin>
      <Input
        id={id}
        type="number"
        min={0}
        step={whole ? 1 : 'any'}
        width={14}
        placeholder={placeholder}
        value={value ?? ''}
        onChange={({ currentTarget: { valueAsNumber } }) => {
          onChange(valueAsNumber >= 0 ? valueAsNumber : undefined);
        }}
      />
    </Field>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  view: css({ display: 'grid', gap: theme.spacing(1), alignContent: 'start' }),
  controls: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(1, 2), alignItems: 'flex-end' }),
  limit: css({ display: 'flex', alignItems: 'flex-end', gap: theme.spacing(1.5) }),
  slider: css({ width: 160, paddingBottom: theme.spacing(1) }),
});
