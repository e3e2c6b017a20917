/**
 * What a panel says when it has nothing to draw, in the words of Grafana's core, whose own component cannot be replaced
 * from outside of it.
 */

import { css } from '@emotion/css';
import { FieldType, type GrafanaTheme2 } from '@grafana/data';
import type { PanelDataErrorViewProps } from '@grafana/runtime';
import { useStyles2 } from '@grafana/ui';

export function NoData(props: PanelDataErrorViewProps) {
  return <div className={useStyles2(getStyles)}>{reason(props)}</div>;
}

function reason({ message, data, fieldConfig, needsTimeField, needsNumberField }: PanelDataErrorViewProps): string {
  if (message !== undefined && message !== '') {
    return message;
  }
  if (data.series.every((frame) => frame.length === 0)) {
    return fieldConfig?.defaults.noValue ?? 'No data';
  }
  const lacks = (type: FieldType) => !data.series.some((frame) => frame.fields.some((field) => field.type === type));
  if (needsTimeField === true && lacks(FieldType.time)) {
    return 'Data is missing a time field';
  }
  if (needsNumberField === true && lacks(FieldType.number)) {
    return 'Data is missing a number field';
  }
  return 'Cannot visualize data';
}

const getStyles = (theme: GrafanaTheme2) =>
  css({
    alignItems: 'center',
    color: theme.colors.text.secondary,
    display: 'flex',
    height: '100%',
    justifyContent: 'center',
    padding: theme.spacing(2),
    textAlign: 'center',
  });
