/** The pages that an app lists in its plugin.json. */

import type { PluginInclude } from '@grafana/data';
import { config } from '@grafana/runtime';

function pages(appId: string): PluginInclude[] {
  const app = config.apps[appId] as { includes?: PluginInclude[] } | undefined;
  return (app?.includes ?? []).filter((include) => (include.type as string) === 'page');
}

/** The page that Grafana's menu opens for the app. */
export function defaultPage(appId: string): PluginInclude | undefined {
  const all = pages(appId);
  return all.find((page) => page.defaultNav) ?? all[0];
}

/** The page at an address; the app's root is its default page. */
export function pageAt(appId: string, pathname: string): PluginInclude | undefined {
  return pages(appId).find((page) => page.path && pathname.startsWith(page.path)) ?? defaultPage(appId);
}
