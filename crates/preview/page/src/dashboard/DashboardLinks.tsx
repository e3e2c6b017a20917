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

/** Where a link leads that is written out, and where one by tags: to every other dashboard that has them, as in Grafana. */
function targets(link: DashboardLinkModel, dashboards: Found[], uid: string, search: string) {
  if (link.type === 'link') {
    return [{ title: link.title, url: withState(link.url ?? '', link, search) }];
  }
  return dashboards
    .filter((one) => one.uid !== uid && (link.tags ?? []).every((tag) => one.tags.includes(tag)))
    .map((one) => ({ title: one.title, url: withState(one.url, link, search) }));
}

export function DashboardLinks({ uid, links }: { uid: string; links: DashboardLinkModel[] }) {
  const [dashboards, setDashboards] = useState<Found[]>([]);
  const needed = links.some((link) => link.type === 'dashboards');
  const { search } = useLocation();
  useEffect(() => {
    if (needed) {
      void getBackendSrv().get<Found[]>('/api/search').then(setDashboards);
    }
  }, [needed]);
  return (
    <Stack direction="row" gap={1} wrap="wrap" data-testid="dashboard-links">
      {links.map((link) => {
        const found = targets(link, dashboards, uid, search);
        return link.asDropdown === true ? (
          <Dropdown
            key={link.title}
            overlay={
              <Menu>
                {found.map(({ title, url }) => (
                  <Menu.Item key={url} label={title} url={url} />
                ))}
              </Menu>
            }
          >
            <ToolbarButton variant="canvas" icon="bars">
              {link.title}
            </ToolbarButton>
          </Dropdown>
        ) : (
          found.map(({ title, url }) => (
            <LinkButton
              key={url}
              size="sm"
              variant="secondary"
              icon={link.type === 'link' ? 'external-link-alt' : 'apps'}
              tooltip={link.tooltip}
              href={textUtil.sanitizeUrl(url)}
              target={link.targetBlank ? '_blank' : undefined}
              rel={link.targetBlank ? 'noreferrer' : undefined}
            >
              {title}
            </LinkButton>
          ))
        );
      })}
    </Stack>
  );
}
