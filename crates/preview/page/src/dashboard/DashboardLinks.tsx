/** The links of a dashboard, at its top right as in Grafana. */

import { textUtil, urlUtil } from '@grafana/data';
import { getBackendSrv } from '@grafana/runtime';
import { Dropdown, LinkButton, Menu, Stack, ToolbarButton } from '@grafana/ui';
import { useEffect, useState } from 'react';
import { useLocation } from 'react-router-dom';

import type { DashboardLinkModel } from './model';

interface Found {
  uid: string;
  title: string;
  url: string;
  tags: string[];
}

function withState(url: string, link: DashboardLinkModel, search: string): string {
  const time = link.keepTime === true ? ['from', 'to'] : [];
  const kept = [...new URLSearchParams(search)].filter(
    ([name]) => time.includes(name) || (link.includeVars === true && name.startsWith('var-')),
  );
  const query = new URLSearchParams(kept).toString();
  return query === '' ? url : urlUtil.appendQueryToUrl(url, query);
}

export function DashboardLinks({ links }: { links: DashboardLinkModel[] }) {
  const [dashboards, setDashboards] = useState<Found[]>([]);
  const needed = links.some((link) => link.type === 'dashboards');
  const { search } = useLocation();
  useEffect(() => {
    if (needed) {
      void getBackendSrv().get<Found[]>('/api/search').then(setDashboards);
    }
  }, [needed]);
  return (
    <Stack direction="row" gap={1} wrap="wrap">
      {links.map((link) =>
        link.type === 'link' ? (
          <LinkButton
            key={link.title}
            size="sm"
            variant="secondary"
            icon="external-link-alt"
            tooltip={link.tooltip}
            href={textUtil.sanitizeUrl(withState(link.url ?? '', link, search))}
            target={link.targetBlank ? '_blank' : undefined}
            rel={link.targetBlank ? 'noreferrer' : undefined}
          >
            {link.title}
          </LinkButton>
        ) : (
          <Dropdown
            key={link.title}
            overlay={
              <Menu>
                {dashboards
                  .filter((one) => (link.tags ?? []).every((tag) => one.tags.includes(tag)))
                  .map((one) => (
                    <Menu.Item key={one.uid} label={one.title} url={withState(one.url, link, search)} />
                  ))}
              </Menu>
            }
          >
            <ToolbarButton variant="canvas" icon="bars">
              {link.title}
            </ToolbarButton>
          </Dropdown>
        ),
      )}
    </Stack>
  );
}
