import { LinkButton, Stack, Text } from '@grafana/ui';

import { startUrl } from '../links';

/** The app has no settings of its own: this page links to everything else. */
export default function AppConfig({ isEnabled }: { isEnabled: boolean }) {
  return (
    <Stack direction="column" gap={2} alignItems="flex-start">
      <Text element="p">
        Headroom reads the benchmark reports of your LLM deployments and tells how much load each one holds before it
        breaks. The app itself has nothing to set; its data source has.
      </Text>
      {isEnabled ? (
        <>
          <Text element="p" color="secondary">
            Getting started shows what is set up, what is missing, and the next step.
          </Text>
          <LinkButton href={startUrl()} icon="rocket">
            Getting started
          </LinkButton>
        </>
      ) : (
        <Text element="p" color="secondary">
          Enable the app first, with the button at the top of this page: then it has its pages, and a place in the menu.
        </Text>
      )}
      <Text element="h3">If a part is missing</Text>
      <Text element="p" color="secondary">
        Grafana refuses unsigned plugins unless each one is named in <code>allow_loading_unsigned_plugins</code>:{' '}
        <code>headroom-llm-app,headroom-llm-datasource,headroom-llm-panel</code>.
      </Text>
    </Stack>
  );
}
