import { PluginPage } from '@grafana/runtime';
import { EmptyState, LinkButton } from '@grafana/ui';

import { startUrl } from '../links';

/** The page for an address below the app's that does not exist. */
export default function NoSuchPage() {
  return (
    <PluginPage pageNav={{ text: 'No such page' }}>
      <EmptyState
        variant="not-found"
        message="Headroom has no such page"
        button={<LinkButton href={startUrl()}>Getting started</LinkButton>}
      />
    </PluginPage>
  );
}
