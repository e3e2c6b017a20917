/** The start page: what there is to see, and whether it works. */

import { css } from '@emotion/css';
import { type GrafanaTheme2, type PluginMeta, PluginType } from '@grafana/data';
import { getBackendSrv, isFetchError } from '@grafana/runtime';
import { Alert, Badge, Card, EmptyState, Icon, LoadingPlaceholder, TagList, Tooltip, useStyles2 } from '@grafana/ui';
import { type ReactNode, useEffect, useState } from 'react';

import { PageTitle } from '../shell/PageTitle';

interface Dashboard {
  uid: string;
  title: string;
  url: string;
  folderTitle: string;
  description: string | null;
  tags: string[];
}

interface DataSource {
  uid: string;
  name: string;
  type: string;
  typeName: string;
  isDefault: boolean;
}

interface Plugin extends PluginMeta {
  backend?: boolean;
  process: number | null;
}

interface Status {
  plugins: Plugin[];
  problems: string[];
}

interface Everything extends Status {
  dashboards: Dashboard[];
  datasources: DataSource[];
}

async function loadEverything(): Promise<Everything> {
  const server = getBackendSrv();
  const [dashboards, datasources, status] = await Promise.all([
    server.get<Dashboard[]>('/api/search'),
    server.get<DataSource[]>('/api/datasources'),
    server.get<Status>('/api/preview/status'),
  ]);
  return { dashboards, datasources, ...status };
}

export function HomePage() {
  const styles = useStyles2(getStyles);
  const [everything, setEverything] = useState<Everything>();
  useEffect(() => {
    let mounted = true;
    void loadEverything().then((loaded) => mounted && setEverything(loaded));
    return () => {
      mounted = false;
    };
  }, []);
  if (!everything) {
    return <LoadingPlaceholder text="Loading…" />;
  }
  const { dashboards, datasources, plugins, problems } = everything;
  return (
    <div className={styles.page} data-testid="home">
      <PageTitle
        title="Headroom preview"
        subTitle="The built plugins on this machine’s provisioning, without a Grafana server."
      />
      {problems.length > 0 && (
        <Alert title="Not everything could be loaded" severity="warning">
          <ul className={styles.problems}>
            {problems.map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
        </Alert>
      )}
      <Section title="Dashboards">
        {dashboards.map((one) => (
          <Card key={one.uid} href={one.url} noMargin>
            <Card.Heading>{one.title}</Card.Heading>
            <Card.Figure>
              <Icon name="apps" size="xl" />
            </Card.Figure>
            {one.description && <Card.Description>{one.description}</Card.Description>}
            {one.tags.length > 0 && (
              <Card.Tags>
                <TagList tags={one.tags} />
              </Card.Tags>
            )}
          </Card>
        ))}
        {dashboards.length === 0 && <EmptyState variant="not-found" message="No dashboard is provisioned" />}
      </Section>
      <Section title="Data sources">
        {datasources.map((one) => (
          <Card key={one.uid} href={`/editor/${one.type}?uid=${one.uid}`} noMargin>
            <Card.Heading>{one.name}</Card.Heading>
            <Card.Figure>
              <Icon name="database" size="xl" />
            </Card.Figure>
            <Card.Meta>{[one.typeName, one.uid, one.isDefault ? 'default' : '']}</Card.Meta>
            <Card.Tags>
              <Health uid={one.uid} />
            </Card.Tags>
          </Card>
        ))}
      </Section>
      <Section title="Plugins">
        {plugins.map((one) => (
          <Card key={one.id} href={pluginPage(one)} noMargin>
            <Card.Heading>{one.name}</Card.Heading>
            <Card.Figure>
              <img src={one.info.logos.small} alt="" width={32} height={32} />
            </Card.Figure>
            <Card.Meta>{[one.type, one.id, one.info.version]}</Card.Meta>
            <Card.Description>{one.info.description}</Card.Description>
            {one.backend && (
              <Card.Tags>
                <Badge
                  color={one.process ? 'green' : 'red'}
                  text={one.process ? `process ${one.process}` : 'process is not running'}
                />
              </Card.Tags>
            )}
          </Card>
        ))}
      </Section>
    </div>
  );
}

function pluginPage(plugin: Plugin): string {
  return plugin.type === PluginType.app ? `/a/${plugin.id}` : `/editor/${plugin.id}`;
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  const styles = useStyles2(getStyles);
  return (
    <section>
      <h2 className={styles.sectionTitle}>{title}</h2>
      <div className={styles.cards}>{children}</div>
    </section>
  );
}

type HealthState = { text: string; color: 'green' | 'red'; detail: string } | undefined;

/** What "Save & test" would say. */
function Health({ uid }: { uid: string }) {
  const [health, setHealth] = useState<HealthState>();
  useEffect(() => {
    let mounted = true;
    getBackendSrv()
      .get<{ message: string }>(`/api/datasources/uid/${uid}/health`, undefined, undefined, { showErrorAlert: false })
      .then(({ message }) => mounted && setHealth({ text: 'works', color: 'green', detail: message }))
      .catch((error: unknown) => {
        const detail = isFetchError(error) ? (error.message ?? '') : String(error);
        if (mounted) {
          setHealth({ text: 'does not work', color: 'red', detail });
        }
      });
    return () => {
      mounted = false;
    };
  }, [uid]);
  if (!health) {
    return <Badge color="blue" text="asking…" />;
  }
  return (
    <Tooltip content={health.detail}>
      <span data-testid={`health-${uid}`}>
        <Badge
          color={health.color}
          text={health.text}
          icon={health.color === 'green' ? 'check' : 'exclamation-triangle'}
        />
      </span>
    </Tooltip>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  page: css({
    display: 'flex',
    flexDirection: 'column',
    gap: theme.spacing(3),
    margin: '0 auto',
    maxWidth: 1200,
    width: '100%',
  }),
  sectionTitle: css({ ...theme.typography.h5, marginBottom: theme.spacing(1) }),
  cards: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(1) }),
  problems: css({ margin: 0, paddingLeft: theme.spacing(2) }),
});
