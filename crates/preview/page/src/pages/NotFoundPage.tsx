import { EmptyState, LinkButton } from '@grafana/ui';

export function NotFoundPage() {
  return (
    <EmptyState
      variant="not-found"
      message="The preview has no such page"
      button={<LinkButton href="/">Dashboards</LinkButton>}
    >
      It shows dashboards, the app’s pages and the editors. Everything else is in Grafana.
    </EmptyState>
  );
}
