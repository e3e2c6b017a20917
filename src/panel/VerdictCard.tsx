import { css, cx } from '@emotion/css';
import { dateTimeFormat, type GrafanaTheme2, type IconName } from '@grafana/data';
import { type TimeZone } from '@grafana/schema';
import { Icon, useStyles2 } from '@grafana/ui';
import { type ReactElement, useId, useState } from 'react';

import { DataLinks } from './DataLinks';
import { type Finding, FindingSeverity, BreakingState } from '../generated/contract';
import { type VerdictRun } from './verdicts';
import { countWords, deploymentWords, stateWords } from './words';

interface Props {
  run: VerdictRun;
  timeZone: TimeZone;
  /** Pixels, for the size of the number. */
  width: number;
  /** Whether findings start closed and the source is a tooltip, because several rows of cards have to fit. */
  isBrief: boolean;
}

const ICONS: Record<FindingSeverity, IconName> = {
  [FindingSeverity.Error]: 'exclamation-circle',
  [FindingSeverity.Warning]: 'exclamation-triangle',
  [FindingSeverity.Info]: 'info-circle',
};
const SEVERITY_WORDS: Record<FindingSeverity, string> = {
  [FindingSeverity.Error]: 'error',
  [FindingSeverity.Warning]: 'warning',
  [FindingSeverity.Info]: 'note',
};
const STATE_ICONS: Record<BreakingState, IconName> = {
  [BreakingState.Edge]: 'arrow-from-right',
  [BreakingState.Cliff]: 'arrow-from-right',
  [BreakingState.Bracket]: 'arrow-from-right',
  [BreakingState.Floor]: 'check-circle',
  [BreakingState.NeverMet]: 'exclamation-circle',
  [BreakingState.NotMeasured]: 'question-circle',
};

export function VerdictCard({ run, timeZone, width, isBrief }: Props): ReactElement {
  const styles = useStyles2(getStyles);
  const { verdict, slo } = run;
  const binding = slo.limits.find(({ id }) => id === verdict.binding);
  const limits = binding ? binding.label : slo.limits.map(({ label }) => label).join(', ');
  const { breaking_load: answer, number, unit } = verdict.text;
  const size = Math.max(28, Math.min(isBrief ? 40 : 64, (width - 40) / (answer.length * 0.56)));
  return (
    <article className={styles.card} data-testid="headroom-verdict" data-run={run.run.label}>
      <header title={isBrief ? provenance(run, timeZone) : undefined}>
        <h3 className={styles.name}>{run.run.label}</h3>
        <div className={styles.what}>{deploymentWords(run.run)}</div>
      </header>
      <div>
        <div className={cx(styles.state, styles[verdict.state])}>
          <Icon name={STATE_ICONS[verdict.state]} /> {stateWords(verdict.state)}
        </div>
        <div className={styles.answer} style={{ fontSize: size }} data-testid="headroom-verdict-load">
          {number} <span className={styles.unit}>{unit}</span>
        </div>
        {verdict.text.interval !== null && verdict.state === BreakingState.Edge && (
          <div className={styles.interval} data-testid="headroom-verdict-interval">
            95 % interval {verdict.text.interval}
          </div>
        )}
        <div className={styles.limit}>
          {binding ? 'First to break: ' : 'Judged by: '}
          <strong>{limits}</strong>
          <span className={styles.slo}> ({slo.name})</span>
        </div>
      </div>
      <p className={styles.sentence}>{verdict.sentence}</p>
      <Findings findings={verdict.findings} isBrief={isBrief} />
      <DataLinks links={run.links} />
      {!isBrief && <footer className={styles.provenance}>{provenance(run, timeZone)}</footer>}
    </article>
  );
}

function Findings({ findings, isBrief }: { findings: Finding[]; isBrief: boolean }): ReactElement | null {
  const styles = useStyles2(getStyles);
  const [open, setOpen] = useState(false);
  const id = useId();
  const always = isBrief ? 0 : 1;
  const [gravest] = findings;
  const rest = findings.slice(always);
  if (!gravest) {
    return null;
  }
  const closed = isBrief ? (
    <>
      <Icon name={ICONS[gravest.severity]} className={styles[gravest.severity]} /> {remaining(rest)}
    </>
  ) : (
    <>
      <Icon name="angle-down" /> More: {remaining(rest)}
    </>
  );
  return (
    <div>
      <ul className={styles.findings} id={id}>
        {findings.slice(0, open ? undefined : always).map((finding) => (
          <li key={`${finding.code} ${finding.load ?? ''} ${finding.message}`} className={styles.finding}>
            <Icon
              name={ICONS[finding.severity]}
              className={styles[finding.severity]}
              title={SEVERITY_WORDS[finding.severity]}
            />
            <span>{finding.message}</span>
          </li>
        ))}
      </ul>
      {rest.length > 0 && (
        <button
          type="button"
          className={styles.more}
          aria-expanded={open}
          aria-controls={id}
          onClick={() => {
            setOpen(!open);
          }}
        >
          {open ? (
            <>
              <Icon name="angle-up" /> Show less
            </>
          ) : (
            closed
          )}
        </button>
      )}
    </div>
  );
}

/** `2 warnings, 1 note`. */
function remaining(findings: Finding[]): string {
  const order = [FindingSeverity.Error, FindingSeverity.Warning, FindingSeverity.Info];
  return order
    .map((severity) => ({ severity, count: findings.filter((finding) => finding.severity === severity).length }))
    .filter(({ count }) => count > 0)
    .map(({ severity, count }) => countWords(count, SEVERITY_WORDS[severity]))
    .join(', ');
}

function provenance({ run, requests, levels }: VerdictRun, timeZone: TimeZone): string {
  const tool = [run.tool, run.tool_version].filter((part) => part !== null).join(' ');
  const date =
    run.started_ms === null ? 'date unknown' : dateTimeFormat(run.started_ms, { timeZone, format: 'YYYY-MM-DD HH:mm' });
  const counts = [
    requests === undefined ? [] : [countWords(requests, 'request')],
    levels === undefined ? [] : [countWords(levels, 'level')],
  ].flat();
  return [tool, run.source, date, ...counts].join(' · ');
}

const getStyles = (theme: GrafanaTheme2) => ({
  card: css({
    display: 'flex',
    flexDirection: 'column',
    gap: theme.spacing(1.25),
    padding: theme.spacing(2),
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    background: theme.colors.background.secondary,
    overflowWrap: 'anywhere',
  }),
  name: css({ margin: 0, fontSize: theme.typography.h4.fontSize, fontWeight: theme.typography.fontWeightMedium }),
  what: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
  state: css({
    display: 'flex',
    alignItems: 'center',
    gap: theme.spacing(0.5),
    fontWeight: theme.typography.fontWeightMedium,
  }),
  [BreakingState.Edge]: css({ color: theme.colors.text.secondary }),
  [BreakingState.Cliff]: css({ color: theme.colors.text.secondary }),
  [BreakingState.Bracket]: css({ color: theme.colors.text.secondary }),
  [BreakingState.Floor]: css({ color: theme.colors.success.text }),
  [BreakingState.NeverMet]: css({ color: theme.colors.error.text }),
  [BreakingState.NotMeasured]: css({ color: theme.colors.warning.text }),
  answer: css({
    lineHeight: 1.15,
    fontWeight: theme.typography.fontWeightMedium,
    letterSpacing: '-0.02em',
    color: theme.colors.text.maxContrast,
    whiteSpace: 'nowrap',
  }),
  unit: css({ fontSize: '0.5em', fontWeight: theme.typography.fontWeightRegular, color: theme.colors.text.secondary }),
  interval: css({ color: theme.colors.text.secondary, fontVariantNumeric: 'tabular-nums' }),
  limit: css({ strong: { fontWeight: theme.typography.fontWeightMedium } }),
  slo: css({ color: theme.colors.text.secondary }),
  sentence: css({ margin: 0 }),
  findings: css({ listStyle: 'none', margin: 0, padding: 0, display: 'grid', gap: theme.spacing(0.5) }),
  finding: css({
    display: 'flex',
    gap: theme.spacing(0.75),
    fontSize: theme.typography.bodySmall.fontSize,
    svg: { flexShrink: 0, marginTop: 1 },
  }),
  [FindingSeverity.Error]: css({ color: theme.colors.error.text }),
  [FindingSeverity.Warning]: css({ color: theme.colors.warning.text }),
  [FindingSeverity.Info]: css({ color: theme.colors.info.text }),
  more: css({
    border: 'none',
    background: 'none',
    padding: theme.spacing(0.5, 0),
    color: theme.colors.text.link,
    fontSize: theme.typography.bodySmall.fontSize,
  }),
  provenance: css({
    marginTop: 'auto',
    color: theme.colors.text.secondary,
    fontSize: theme.typography.bodySmall.fontSize,
  }),
});
