import { Box, Stack } from '@grafana/ui';
import type { ReactNode } from 'react';

/** One band of a query editor, in the shape that Grafana's own editors have. */
export function EditorRow({ children }: { children: ReactNode }) {
  return (
    <Box backgroundColor="secondary" borderRadius="default" padding={1}>
      <Stack direction="row" wrap="wrap" gap={2} alignItems="flex-start">
        {children}
      </Stack>
    </Box>
  );
}
