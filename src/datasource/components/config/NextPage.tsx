import { Alert, LinkButton, Stack, Text, TextLink } from '@grafana/ui';

import { fetchAppEnabled, mayEnableApp } from '../../../app';
import { pluginUrl, startUrl } from '../../../links';
import { useLoaded } from '../useLoaded';

/**
 * A link from the settings to the app's next page. While the app is disabled, its pages do not exist, so the user is
 * asked to enable it instead.
 */
export function NextPage({ uid }: { uid: string }) {
  const { value: enabled, loading } = useLoaded(fetchAppEnabled);
  if (enabled === false) {
    return <EnableApp />;
  }
  return (
    <Text element="p" color="secondary">
      Once it is saved and tested,{' '}
      {loading ? 'Getting started' : <TextLink href={startUrl(uid)}>Getting started</TextLink>} shows what it finds,
      what is missing, and leads to the curve.
    </Text>
  );
}

function EnableApp() {
  const mayEnable = mayEnableApp();
  return (
    <Alert severity="info" title="The app Headroom for LLM serving is not enabled">
      <Stack direction="column" gap={1} alignItems="flex-start">
        <span>
          This data source works without it. The app brings the pages that show what the data source finds and what is
          missing, the dashboards, and their place in the menu.
          {mayEnable
            ? ' Save first: the button leads away from here.'
            : ' An administrator of this Grafana can enable it.'}
        </span>
        {mayEnable && (
          <LinkButton size="sm" icon="plug" variant="secondary" href={pluginUrl()}>
            Enable the app
          </LinkButton>
        )}
      </Stack>
    </Alert>
  );
}
