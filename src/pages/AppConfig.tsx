import { Stack, Text, TextLink } from '@grafana/ui';
import type { ComponentProps, ReactNode } from 'react';

import { addDatasourceUrl, dashboardUrl, runsUrl } from '../links';

/** The app has no settings of its own: this says where everything is. */
export default function AppConfig() {
  return (
    <Stack direction="column" gap={3}>
      <Text element="p">
        Headroom reads the benchmark reports of your LLM deployments and tells how much load each one holds before it
        breaks. The app itself has nothing to set; its data source has.
      </Text>
      <Step
        title="1. Add the data source"
        link={<TextLink href={addDatasourceUrl()}>Add a Headroom data source</TextLink>}
      >
        Give it the folder with your benchmark reports, then press “Save &amp; test”: it says how many reports it could
        read and names those it could not.
      </Step>
      <Step title="2. Look at the runs" link={<TextLink href={runsUrl()}>Open Runs</TextLink>}>
        Every benchmark run with its deployment, load model and problems.
      </Step>
      <Step
        title="3. Read off the breaking points"
        link={<TextLink href={dashboardUrl()}>Open Sizing and saturation</TextLink>}
      >
        Latency over load with the limit, the breaking point and its interval, for every deployment.
      </Step>
      <Step title="If a part is missing">
        Grafana refuses unsigned plugins unless each one is named in <code>allow_loading_unsigned_plugins</code>:{' '}
        <code>headroom-llm-app,headroom-llm-datasource,headroom-llm-panel</code>.
      </Step>
    </Stack>
  );
}

function Step({
  title,
  link,
  children,
}: {
  title: string;
  link?: ReactNode;
  children: ComponentProps<typeof Text>['children'];
}) {
  return (
    <section aria-label={title}>
      <Stack direction="column" gap={0.5} alignItems="flex-start">
        <Text element="h3">{title}</Text>
        <Text element="p" color="secondary">
          {children}
        </Text>
        {link}
      </Stack>
    </section>
  );
}
