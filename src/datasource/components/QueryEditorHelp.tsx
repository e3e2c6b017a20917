import type { QueryEditorHelpProps } from '@grafana/data';
import { Button, Stack, Text } from '@grafana/ui';

import { CUSTOM_SLO, Metric, QueryKind } from '../../generated/contract';
import type { HeadroomQuery } from '../types';

const EXAMPLES: { title: string; text: string; query: Omit<HeadroomQuery, 'refId'> }[] = [
  {
    title: 'Where does each deployment break?',
    text: 'The curve of the run with most requests of every deployment, judged by the data source’s default limits.',
    query: { queryType: QueryKind.Curve },
  },
  {
    title: 'One row per deployment, for a table or an alert rule',
    text: 'The breaking load, its interval, the limit that breaks first and a sentence that says what it means.',
    query: { queryType: QueryKind.Verdict },
  },
  {
    title: 'Limits of your own',
    text: 'Every limit must hold. The breaking load is the smallest one, and the answer names the limit it belongs to.',
    query: { queryType: QueryKind.Curve, slo: CUSTOM_SLO, limits: ['ttft_p95=1000ms', 'itl_p95=50ms'] },
  },
  {
    title: 'Output tokens per second over the load',
    text: 'The limits still decide where the load breaks; the y axis shows another quantity.',
    query: { queryType: QueryKind.Curve, metric: Metric.OutputTokensPerSecond },
  },
];

/** Examples that can be put into the editor. */
export function QueryEditorHelp({ onClickExample }: QueryEditorHelpProps<HeadroomQuery>) {
  return (
    <Stack direction="column" gap={2}>
      <Text element="h3">What can be asked</Text>
      <Text element="p">
        A query picks benchmark runs and limits. Headroom fits the measured levels and answers with the load at which
        the first limit breaks. Every field accepts dashboard variables; a variable with several values picks them all.
      </Text>
      {EXAMPLES.map(({ title, text, query }) => (
        <Stack key={title} direction="column" gap={0.5} alignItems="flex-start">
          <Text element="h4">{title}</Text>
          <Text element="p" color="secondary">
            {text}
          </Text>
          <Button
            size="sm"
            variant="secondary"
            aria-label={`Use this query: ${title}`}
            onClick={() => {
              onClickExample({ refId: 'A', ...query });
            }}
          >
            Use this query
          </Button>
        </Stack>
      ))}
    </Stack>
  );
}
