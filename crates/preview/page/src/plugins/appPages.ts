/** The pages that an app lists in its plugin.json. */

import type { PluginInclude } from '@grafana/data';
import { config } from '@grafana/runtime';

/** Every page that the app lists. */
export function pages(appId: string): PluginInclude[] {
  const app = config.apps[appId] as { includes?: PluginInclude[] } | undefined;
  return (app?.includes ?? []).filter((include) => (include.type as string) === 'page');
}

/** The pages that Grafana's menu lists below the app. */
export function pagesOfMenu(appId: string): PluginInclude[] {
  return pages(appId).filter((page) => page.addToNav);
}

/** The page that Grafana's menu opens for the app. */
function defaultPage(appId: string): PluginInclude | undefined {
  const all = pages(appId);
  return all.find((page) => page.defaultNav) ?? all[0];
}

/** The page at an address: of those that it begins with the longest, as in Grafana. The app's root is its default page. */
export function pageAt(appId: string, pathname: string): PluginInclude | undefined {
  const found = pages(appId).filter((page) => page.path && pathname.startsWith(page.path));
  const [longest] = found.sort((a, b) => (b.path?.length ?? 0) - (a.path?.length ?? 0));
  return longest ?? defaultPage(appId);
}
