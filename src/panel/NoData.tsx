// Why a panel shows no picture: what failed, what the data source reported, and what the frames lack.
import { css } from '@emotion/css';
import { type GrafanaTheme2, LoadingState, type PanelProps } from '@grafana/data';
import { getDataSourceSrv, hasPermission, PanelDataErrorView } from '@grafana/runtime';
import { Alert, LinkButton, LoadingPlaceholder, ScrollContainer, useStyles2 } from '@grafana/ui';
import { type ReactElement } from 'react';

import { addDatasourceUrl, DATASOURCE_ID } from '../links';
import { type Failure, failuresOf, lacksOurSource } from './failures';

type Props = Pick<PanelProps, 'id' | 'data' | 'fieldConfig' | 'width' | 'height'> & {
  /** What the frames lack. */
  problems: string[];
};

export function NoData({ id, data, fieldConfig, problems, width, height }: Props): ReactElement {
  const styles = useStyles2(getStyles);
  if (data.state === LoadingState.Loading && data.series.length === 0) {
    return <LoadingPlaceholder text="Loading…" />;
  }
  const failures = failuresOf(data);
  const lacksSource = data.series.length === 0 && hasNoSource() && lacksOurSource(data);
  const notices = data.series.flatMap((frame) => frame.meta?.notices ?? []).map(({ text }) => text);
  const sentences = [...new Set([...notices, ...problems])];
  return (
    <div className={styles.place} style={{ width, height }} data-testid="headroom-no-data">
      <ScrollContainer>
        {lacksSource && <NoSource />}
        {failures
          .filter(({ missingSource }) => !lacksSource || missingSource === undefined)
          .map((one) => (
            <Failed key={one.title + one.text} failure={one} />
          ))}
        {sentences.map((sentence) => (
          <Alert key={sentence} severity="warning" title={sentence} />
        ))}
        {failures.length === 0 && !lacksSource && (
          <PanelDataErrorView
            panelId={id}
            data={data}
            fieldConfig={fieldConfig}
            needsNumberField
            message="No runs to show. Choose the Headroom data source with a Curve or Verdict query, or a frame with a load and a value"
          />
        )}
      </ScrollContainer>
    </div>
  );
}

function hasNoSource(): boolean {
  return getDataSourceSrv().getList({ pluginId: DATASOURCE_ID }).length === 0;
}

function Failed({ failure: { title, text, missingSource } }: { failure: Failure }): ReactElement {
  return (
    <Alert severity="error" title={title}>
      {text}
      {missingSource !== undefined &&
        ' Choose another one in the panel’s query, or in the dashboard’s list of data sources.'}
    </Alert>
  );
}

/** Shown before there is a data source, when nothing can be queried. */
function NoSource(): ReactElement {
  const styles = useStyles2(getStyles);
  return (
    <Alert severity="info" title="There is no Headroom data source yet">
      This panel draws what a Headroom data source finds in benchmark reports.
      {hasPermission('datasources:create') ? (
        <div className={styles.action}>
          <LinkButton size="sm" icon="plus" href={addDatasourceUrl()}>
            Add a Headroom data source
          </LinkButton>
        </div>
      ) : (
        ' An administrator of this Grafana can add one.'
      )}
    </Alert>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  place: css({ overflow: 'hidden' }),
  action: css({ marginTop: theme.spacing(1) }),
});
