import { CollapsableSection, Icon, InteractiveTable, Stack, Text } from '@grafana/ui';
import { useMemo, useState } from 'react';

import type { Problem } from '../generated/contract';

/** Longer lists start folded, because they would push the runs off the screen. */
const SHOWN_AT_ONCE = 5;

/** Reports that could not be read in full: which, why, and what to do. */
export function ProblemsTable({ problems }: { problems: Problem[] }) {
  const [open, setOpen] = useState(problems.length <= SHOWN_AT_ONCE);
  const rows = useMemo(() => problems.map((problem, index) => ({ ...problem, key: `${index}` })), [problems]);
  const columns = useMemo(
    () => [
      { id: 'source', header: 'Report', sortType: 'string' as const },
      { id: 'severity', header: 'Severity', sortType: 'string' as const, disableGrow: true },
      { id: 'code', header: 'Problem', sortType: 'string' as const },
      {
        id: 'place',
        header: 'Place in the report',
        cell: ({ row }: { row: { original: Problem } }) => row.original.place ?? 'whole report',
      },
      { id: 'message', header: 'What was found and what to do' },
      {
        id: 'run',
        header: 'Run',
        cell: ({ row }: { row: { original: Problem } }) =>
          row.original.run === null ? 'none' : <code>{row.original.run.slice(0, 12)}</code>,
      },
    ],
    [],
  );
  const count = problems.length;
  return (
    <CollapsableSection
      isOpen={open}
      onToggle={setOpen}
      label={
        <Stack direction="row" gap={1} alignItems="center">
          <Icon name="exclamation-triangle" />
          <Text element="h3">{count === 1 ? '1 problem in the reports' : `${count} problems in the reports`}</Text>
        </Stack>
      }
    >
      <InteractiveTable columns={columns} data={rows} getRowId={(row) => row.key} pageSize={20} />
    </CollapsableSection>
  );
}
