import { dateTimeFormat } from '@grafana/data';
import { Box, Grid, Stack, Text } from '@grafana/ui';

import type { ListedRun } from '../generated/contract';

/** Everything that is known about a run and that its table row does not show. */
export function RunDetails({ run }: { run: ListedRun }) {
  const facts: [string, string | null][] = [
    ['Run id', run.id],
    ['Hardware', run.hardware],
    ['GPUs of one replica', run.gpus === null ? null : `${run.gpus}`],
    ['Serving engine', run.engine],
    ['Price of one replica', run.price_per_hour === null ? null : `$${run.price_per_hour} per hour`],
    ['Price source', run.price_source],
    ['Prompt tokens, mean', run.prompt_tokens === null ? null : run.prompt_tokens.toFixed(1)],
    ['Output tokens, mean', run.output_tokens === null ? null : run.output_tokens.toFixed(1)],
    ['Ended', run.ended_ms === null ? null : dateTimeFormat(run.ended_ms)],
  ];
  return (
    <Box padding={2}>
      <Grid gap={2} minColumnWidth={21}>
        {facts.map(([name, value]) => (
          <Stack key={name} direction="column" gap={0}>
            <Text variant="bodySmall" color="secondary">
              {name}
            </Text>
            <Text color={value === null ? 'secondary' : 'primary'}>{value ?? 'unknown'}</Text>
          </Stack>
        ))}
      </Grid>
    </Box>
  );
}
