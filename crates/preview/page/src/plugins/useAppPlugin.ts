/** An app plugin as it is loaded: with its settings, as in Grafana. */

import type { AppPlugin, AppPluginMeta } from '@grafana/data';
import { getBackendSrv } from '@grafana/runtime';
import { useEffect, useState } from 'react';

import { importAppPlugin } from './loader';

/** The app, or why it could not be loaded; neither while it loads. */
export function useAppPlugin(appId: string): { plugin?: AppPlugin; problem?: string } {
  const [plugin, setPlugin] = useState<AppPlugin>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    let mounted = true;
    getBackendSrv()
      .get<AppPluginMeta>(`/api/plugins/${appId}/settings`, undefined, undefined, { showErrorAlert: false })
      .then(importAppPlugin)
      .then((loaded) => mounted && setPlugin(loaded))
      .catch((error: unknown) => mounted && setProblem(error instanceof Error ? error.message : JSON.stringify(error)));
    return () => {
      mounted = false;
    };
  }, [appId]);
  return { plugin, problem };
}
