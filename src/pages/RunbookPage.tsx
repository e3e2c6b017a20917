import { renderMarkdown } from '@grafana/data';
import { PluginPage } from '@grafana/runtime';
import { EmptyState, RenderUserContentAsHTML, TextLink } from '@grafana/ui';

import { runbooksUrl } from '../links';
import { readRunbook } from './runbooks';

const pages = import.meta.webpackContext('../../docs/runbooks', { regExp: /\.md$/ });

/** What to do about an alert: the page that the alert's `runbook_url` links to. */
export default function RunbookPage({ name }: { name: string }) {
  const file = `./${name}.md`;
  if (!pages.keys().includes(file)) {
    return (
      <PluginPage pageNav={{ text: 'Runbooks' }}>
        <EmptyState variant="not-found" message="There is no such runbook">
          <TextLink href={runbooksUrl()}>All runbooks</TextLink>
        </EmptyState>
      </PluginPage>
    );
  }
  const { title, body } = readRunbook(pages(file) as string, runbooksUrl());
  return (
    <PluginPage pageNav={{ text: title }}>
      <RenderUserContentAsHTML className="markdown-html" data-testid="runbook" content={renderMarkdown(body)} />
    </PluginPage>
  );
}
