/** Grafana's toasts: what services and plugins publish as application events. */

import { css } from '@emotion/css';
import { AppEvents, type EventBusSrv, type GrafanaTheme2 } from '@grafana/data';
import { Alert, type AlertVariant, useStyles2 } from '@grafana/ui';
import { useEffect, useState } from 'react';

interface Toast {
  id: number;
  severity: AlertVariant;
  title: string;
  text: string;
}

const LIFETIME_MS = 8_000;

const kinds = [
  [AppEvents.alertSuccess.name, 'success'],
  [AppEvents.alertInfo.name, 'info'],
  [AppEvents.alertWarning.name, 'warning'],
  [AppEvents.alertError.name, 'error'],
] as const;

let nextId = 0;

export function Notifications({ appEvents }: { appEvents: EventBusSrv }) {
  const styles = useStyles2(getStyles);
  const [toasts, setToasts] = useState<Toast[]>([]);
  useEffect(() => {
    const unsubscribe = kinds.map(([event, severity]) => {
      const show = (payload?: [string, string?]) => {
        const [title, text = ''] = payload ?? [''];
        const toast = { id: nextId++, severity, title, text };
        setToasts((shown) => [...shown, toast]);
        window.setTimeout(() => setToasts((shown) => shown.filter((one) => one.id !== toast.id)), LIFETIME_MS);
      };
      appEvents.on(event, show);
      return () => appEvents.off(event, show);
    });
    return () => unsubscribe.forEach((off) => off());
  }, [appEvents]);
  return (
    <div className={styles.stack} aria-live="polite">
      {toasts.map(({ id, severity, title, text }) => (
        <Alert
          key={id}
          elevated
          severity={severity}
          title={title}
          onRemove={() => setToasts((shown) => shown.filter((one) => one.id !== id))}
        >
          {text}
        </Alert>
      ))}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  stack: css({ position: 'fixed', right: theme.spacing(2), top: 52, width: 400, zIndex: theme.zIndex.portal }),
});
