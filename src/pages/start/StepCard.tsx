import { css, cx } from '@emotion/css';
import type { GrafanaTheme2, IconName } from '@grafana/data';
import { Icon, LinkButton, Spinner, Stack, Text, useStyles2 } from '@grafana/ui';

import { DeploymentsTable } from './DeploymentsTable';
import type { State, Step } from './steps';

const ICONS: Record<Exclude<State, 'loading'>, IconName> = {
  done: 'check-circle',
  attention: 'exclamation-triangle',
  todo: 'arrow-right',
  failed: 'times-circle',
  waiting: 'circle',
};

/** The state in words, for users who cannot see the colour of the icon. */
const WORDS: Record<State, string> = {
  done: 'done',
  attention: 'works, with something missing',
  todo: 'to do',
  failed: 'does not work',
  waiting: 'comes later',
  loading: 'looking',
};

export function StepCard({ step: { id, title, state, text, actions, deployments } }: { step: Step }) {
  const styles = useStyles2(getStyles);
  return (
    <li className={styles.step} data-testid={`headroom-step-${id}`} data-state={state}>
      <div className={cx(styles.icon, styles[state])}>
        {state === 'loading' ? <Spinner /> : <Icon name={ICONS[state]} size="xl" title={WORDS[state]} />}
      </div>
      <div className={styles.body}>
        <Text element="h2" variant="h4" color={state === 'waiting' ? 'secondary' : 'primary'}>
          {title}
        </Text>
        {text.map((paragraph) => (
          <Text key={paragraph} element="p" color="secondary">
            {paragraph}
          </Text>
        ))}
        {deployments && <DeploymentsTable rows={deployments} />}
        {actions.length > 0 && (
          <div className={styles.actions}>
            <Stack direction="row" gap={1} wrap="wrap">
              {actions.map(({ label, icon, href, primary }) => (
                <LinkButton key={label} size="sm" icon={icon} href={href} variant={primary ? 'primary' : 'secondary'}>
                  {label}
                </LinkButton>
              ))}
            </Stack>
          </div>
        )}
      </div>
    </li>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  step: css({
    display: 'flex',
    gap: theme.spacing(2),
    padding: theme.spacing(2),
    background: theme.colors.background.secondary,
    borderRadius: theme.shape.radius.default,
    listStyle: 'none',
  }),
  icon: css({ flexShrink: 0, width: 24, paddingTop: 1 }),
  body: css({ display: 'grid', gap: theme.spacing(0.75), minWidth: 0, flexGrow: 1, overflowWrap: 'anywhere' }),
  actions: css({ marginTop: theme.spacing(0.5) }),
  done: css({ color: theme.colors.success.text }),
  attention: css({ color: theme.colors.warning.text }),
  todo: css({ color: theme.colors.primary.text }),
  failed: css({ color: theme.colors.error.text }),
  waiting: css({ color: theme.colors.text.disabled }),
  loading: css({ color: theme.colors.text.secondary }),
});
