// Grafana's theme as the chart takes it.
import { type GrafanaTheme2 } from '@grafana/data';

import { type ChartTheme } from '../generated/contract';

export function chartTheme(theme: GrafanaTheme2): ChartTheme {
  const { colors, typography } = theme;
  const fontSize = typography.htmlFontSize === undefined ? 12 : (12 * typography.htmlFontSize) / 14;
  const font = (weight: number | undefined) => `${weight ?? 400} ${fontSize}px ${typography.fontFamily}`;
  return {
    text: colors.text.primary,
    muted: colors.text.secondary,
    grid: colors.border.weak,
    axis: colors.border.strong,
    surface: colors.background.primary,
    limit: colors.error.text,
    fontSize,
    fontRegular: font(typography.fontWeightRegular),
    fontStrong: font(typography.fontWeightMedium),
    spacing: theme.spacing.gridSize,
  };
}
