import { css } from '@emotion/css';
import type { DataSourceInstanceSettings, GrafanaTheme2 } from '@grafana/data';
import { PluginPage } from '@grafana/runtime';
import { Button, Stack, useStyles2 } from '@grafana/ui';
import { type ReactNode, useCallback, useState } from 'react';

import { SourcePicker } from '../components/SourcePicker';
import { fetchDashboards } from '../dashboards';
import { type Loaded, useLoaded } from '../datasource/components/useLoaded';
import { storeOf } from '../datasource/components/config/stores';
import { fetchHealth, fetchResource } from '../datasource/resourceClient';
import { type InProduction, type ListedRun, type Problem, Resource } from '../generated/contract';
import type { HeadroomJsonData } from '../datasource/types';
import { startUrl } from '../links';
import { rightsOfUser } from './start/rights';
import { StepCard } from './start/StepCard';
import { type Found, type Source, stepsOf } from './start/steps';
import { useSource } from './useSource';

/** The app's first page: which steps towards a curve are done in this Grafana, and which one is next. */
export default function StartPage() {
  const { sources, source, choose } = useSource();
  const [looked, setLooked] = useState(0);
  return (
    <PluginPage
      pageNav={{ text: 'Getting started', url: startUrl() }}
      subTitle="How much load each LLM deployment holds before it breaks its service level, and how much of that is left: from a folder of benchmark reports to the curve."
      actions={
        <Button
          variant="secondary"
          icon="sync"
          onClick={() => {
            setLooked(looked + 1);
          }}
        >
          Look again
        </Button>
      }
    >
      {source ? (
        <Way key={`${source.uid} ${looked}`} source={sourceOf(source)}>
          {sources.length > 1 && <SourcePicker sources={sources} uid={source.uid} onChange={choose} />}
        </Way>
      ) : (
        <Steps found={{ ...NOTHING, rights: rightsOfUser() }} />
      )}
    </PluginPage>
  );
}

const NOT_ASKED: Loaded<never> = { loading: false };
const NOTHING = {
  source: undefined,
  health: NOT_ASKED,
  runs: NOT_ASKED,
  problems: NOT_ASKED,
  production: NOT_ASKED,
  dashboards: NOT_ASKED,
};

function sourceOf({ uid, name, jsonData }: DataSourceInstanceSettings<HeadroomJsonData>): Source {
  return { uid, name, store: storeOf(jsonData), prometheusUrl: jsonData.prometheusUrl };
}

/** The steps for one data source. Each request is made on its own, so that a failed one does not hide the others. */
function Way({ source, children }: { source: Source; children: ReactNode }) {
  const { uid } = source;
  const found: Found = {
    source,
    health: useLoaded(useCallback(() => fetchHealth(uid), [uid])),
    runs: useLoaded(useCallback(() => fetchResource<ListedRun[]>(uid, Resource.Runs), [uid])),
    problems: useLoaded(useCallback(() => fetchResource<Problem[]>(uid, Resource.Problems), [uid])),
    production: useLoaded(useCallback(() => fetchResource<InProduction[]>(uid, Resource.Production), [uid])),
    dashboards: useLoaded(fetchDashboards),
    rights: rightsOfUser(),
  };
  return (
    <Stack direction="column" gap={2}>
      {children}
      <Steps found={found} />
    </Stack>
  );
}

function Steps({ found }: { found: Found }) {
  const styles = useStyles2(getStyles);
  return (
    <ol className={styles.steps} data-testid="headroom-steps">
      {stepsOf(found).map((step) => (
        <StepCard key={step.id} step={step} />
      ))}
    </ol>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  steps: css({ display: 'grid', gap: theme.spacing(1), margin: 0, padding: 0, maxWidth: theme.breakpoints.values.xl }),
});
