import { css } from '@emotion/css';
import { dateTimeFormat } from '@grafana/data';
import { Badge, InteractiveTable, Stack, Text, TextLink } from '@grafana/ui';
import { type ReactNode, useMemo } from 'react';

import { type ListedRun, LoadKind } from '../generated/contract';
import { dashboardUrl } from '../links';
import { RunDetails } from './RunDetails';

interface Props {
  runs: ListedRun[];
  /** uid of their data source. */
  datasource: string;
  /** uid of the dashboard that shows a deployment; `undefined` if it is not installed. */
  dashboard: string | undefined;
}

interface Cell {
  row: { original: ListedRun };
}

const INTEGER = new Intl.NumberFormat('en-US');

/** An unknown value is shown as a word, not as an empty cell. */
function known(value: string | null) {
  return value ?? <Text color="secondary">unknown</Text>;
}

/** Short values stay on one line; a path may break anywhere, so that no column is pushed off the edge. */
const ONE_LINE = css({ whiteSpace: 'nowrap' });
const ANYWHERE = css({ overflowWrap: 'anywhere', minWidth: 130 });

function OneLine({ children }: { children: ReactNode }) {
  return <span className={ONE_LINE}>{children}</span>;
}

/** Without seconds: a run takes minutes, so they would only make the column wider. */
const MINUTES = 'YYYY-MM-DD HH:mm';

const BY_START = [{ id: 'started_ms', desc: true }];

/** One row per run; a row that is opened shows everything else that is known. */
export function RunsTable({ runs, datasource, dashboard }: Props) {
  const columns = useMemo(
    () => [
      {
        id: 'deployment',
        header: 'Deployment',
        sortType: 'string' as const,
        cell: ({ row: { original: run } }: Cell) => (
          <Stack direction="column" gap={0}>
            {dashboard === undefined ? (
              run.deployment
            ) : (
              <TextLink href={dashboardUrl(dashboard, { datasource, deployment: run.deployment })} inline={false}>
                {run.deployment}
              </TextLink>
            )}
            <Text variant="bodySmall" color="secondary">
              {run.model ?? 'model unknown'} · {run.quantization ?? 'quantization unknown'}
            </Text>
          </Stack>
        ),
      },
      {
        id: 'load_model',
        header: 'Load',
        sortType: 'string' as const,
        cell: ({ row }: Cell) => (
          <OneLine>{row.original.load_model === LoadKind.Open ? 'req/s, open loop' : 'users, closed loop'}</OneLine>
        ),
      },
      { id: 'levels', header: 'Levels', sortType: 'number' as const, disableGrow: true },
      {
        id: 'requests',
        header: 'Requests',
        sortType: 'number' as const,
        disableGrow: true,
        cell: ({ row }: Cell) => INTEGER.format(row.original.requests),
      },
      {
        id: 'started_ms',
        header: 'Started',
        sortType: 'number' as const,
        cell: ({ row }: Cell) => (
          <OneLine>
            {known(
              row.original.started_ms === null ? null : dateTimeFormat(row.original.started_ms, { format: MINUTES }),
            )}
          </OneLine>
        ),
      },
      {
        id: 'source',
        header: 'Report',
        sortType: 'string' as const,
        cell: ({ row: { original: run } }: Cell) => (
          <div className={ANYWHERE}>
            {run.source}
            <Text element="p" variant="bodySmall" color="secondary">
              {run.tool} {run.tool_version ?? '(unknown version)'}
            </Text>
          </div>
        ),
      },
      {
        id: 'problems',
        header: 'Problems',
        sortType: 'number' as const,
        disableGrow: true,
        cell: ({ row }: Cell) =>
          row.original.problems === 0 ? (
            'none'
          ) : (
            <Badge color="orange" icon="exclamation-triangle" text={INTEGER.format(row.original.problems)} />
          ),
      },
    ],
    [datasource, dashboard],
  );
  return (
    <InteractiveTable
      columns={columns}
      data={runs}
      getRowId={(run) => run.id}
      pageSize={50}
      initialSortBy={BY_START}
      renderExpandedRow={(run) => <RunDetails run={run} />}
    />
  );
}
