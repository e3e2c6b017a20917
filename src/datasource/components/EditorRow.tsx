import { Box, Stack } from '@grafana/ui';
import type { ReactNode } from 'react';

/** One row of a query editor, laid out like those of Grafana's own editors. */
export function EditorRow({ children }: { children: ReactNode }) {
  return (
    <Box backgroundColor="secondary" borderRadius="default" padding={1}>
      <Stack direction="row" wrap="wrap" gap={2} alignItems="flex-start">
        {children}
      </Stack>
    </Box>
  );
}
