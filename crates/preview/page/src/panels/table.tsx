import { cacheFieldDisplayNames, getFrameDisplayName, PanelPlugin, type PanelProps } from '@grafana/data';
import { config } from '@grafana/runtime';
import { TableCellDisplayMode, type TableCellHeight, type TableSortByFieldState } from '@grafana/schema';
import { Select, useTheme2 } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import { useMemo } from 'react';

import { NoData } from './noData';

interface TableOptions {
  showHeader?: boolean;
  cellHeight?: TableCellHeight;
  sortBy?: TableSortByFieldState[];
  frameIndex?: number;
  enablePagination?: boolean;
  frozenColumns?: { left?: number };
}

const PICKER_HEIGHT = 40;

function TablePanel({
  id,
  data,
  options,
  fieldConfig,
  width,
  height,
  timeRange,
  onOptionsChange,
}: PanelProps<TableOptions>) {
  const theme = useTheme2();
  const frames = useMemo(() => {
    // The table reads a column's name from where this puts it.
    cacheFieldDisplayNames(data.series);
    return data.series;
  }, [data.series]);
  const index = Math.min(options.frameIndex ?? 0, frames.length - 1);
  const frame = frames[index];
  if (!frame || frame.fields.length === 0) {
    return <NoData panelId={id} fieldConfig={fieldConfig} data={data} />;
  }
  const several = frames.length > 1;
  const table = (
    <TableNG
      data={frame}
      width={width}
      height={several ? height - PICKER_HEIGHT : height}
      noHeader={options.showHeader === false}
      showTypeIcons={false}
      resizable
      sortBy={options.sortBy}
      onSortByChange={(sortBy) => onOptionsChange({ ...options, sortBy })}
      cellHeight={options.cellHeight}
      enablePagination={options.enablePagination}
      frozenColumns={options.frozenColumns?.left}
      timeRange={timeRange}
      fieldConfig={fieldConfig}
      noValue={fieldConfig.defaults.noValue}
      structureRev={data.structureRev}
      disableSanitizeHtml={config.disableSanitizeHtml}
      getActions={() => []}
    />
  );
  if (!several) {
    return table;
  }
  return (
    <div style={{ display: 'flex', flexDirection: 'column', gap: theme.spacing(1), height }}>
      {table}
      <Select
        aria-label="Frame"
        value={index}
        options={frames.map((one, value) => ({ value, label: getFrameDisplayName(one, value) }))}
        onChange={({ value }) => onOptionsChange({ ...options, frameIndex: value ?? 0 })}
      />
    </div>
  );
}

export const tablePanel = new PanelPlugin<TableOptions>(TablePanel).useFieldConfig({
  useCustomConfig: (builder) =>
    builder
      .addNumberInput({ path: 'width', name: 'Column width', settings: { placeholder: 'auto', min: 20 } })
      .addNumberInput({ path: 'minWidth', name: 'Minimum column width', defaultValue: 50, settings: { min: 20 } })
      .addRadio({
        path: 'align',
        name: 'Column alignment',
        defaultValue: 'auto',
        settings: { options: ['auto', 'left', 'center', 'right'].map((value) => ({ value, label: value })) },
      })
      .addBooleanSwitch({ path: 'filterable', name: 'Column filter', defaultValue: false })
      .addBooleanSwitch({ path: 'wrapText', name: 'Wrap text', defaultValue: false })
      .addBooleanSwitch({ path: 'wrapHeaderText', name: 'Wrap header text', defaultValue: false })
      .addBooleanSwitch({ path: 'inspect', name: 'Cell value inspect', defaultValue: false })
      .addBooleanSwitch({ path: 'hidden', name: 'Hide in table', defaultValue: false })
      .addCustomEditor({
        id: 'cellOptions',
        path: 'cellOptions',
        name: 'Cell type',
        defaultValue: { type: TableCellDisplayMode.Auto },
        editor: () => null,
        override: () => null,
        process: (value: unknown) => value,
        shouldApply: () => true,
      })
      .addCustomEditor({
        id: 'hideFrom',
        path: 'hideFrom',
        name: 'Hide from',
        defaultValue: { viz: false },
        editor: () => null,
        override: () => null,
        process: (value: unknown) => value,
        shouldApply: () => true,
      }),
});
