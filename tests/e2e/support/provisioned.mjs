// A preview with data sources of a test's own, and people with other rights than an administrator's.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { root, startPreviewOf } from './programs.mjs';

/**
 * Starts the preview with these data sources and the shipped dashboards. `folder` is an empty folder of the test's own.
 * @param {(folder: string) => { uid: string, name: string, jsonData: object, isDefault?: boolean }[]} sourcesIn
 * @param {{ prometheus?: string, dashboards?: string }} about
 */
export async function startWith(sourcesIn, { prometheus, dashboards = join(root, 'provisioning/dashboards') } = {}) {
  const home = mkdtempSync(join(tmpdir(), 'headroom-provisioned-'));
  const empty = join(home, 'empty');
  for (const folder of ['datasources', 'dashboards', 'empty']) {
    mkdirSync(join(home, folder));
  }
  const datasources = sourcesIn(empty).map((source) => ({ type: 'headroom-llm-datasource', access: 'proxy', ...source }));
  // JSON is YAML.
  writeFileSync(join(home, 'datasources/sources.yaml'), JSON.stringify({ apiVersion: 1, datasources }));
  const providers = [{ name: 'shipped', type: 'file', options: { path: dashboards } }];
  writeFileSync(join(home, 'dashboards/shipped.yaml'), JSON.stringify({ apiVersion: 1, providers }));
  const preview = await startPreviewOf({ provisioning: home, prometheus });
  return {
    ...preview,
    stop: async () => {
      const ended = await preview.stop();
      rmSync(home, { recursive: true, force: true });
      return ended;
    },
  };
}

/** What Grafana lets people of a basic role do, as far as the plugins ask. */
export const RIGHTS = {
  Viewer: ['datasources:query'],
  Editor: ['datasources:query', 'datasources:explore'],
  Admin: ['datasources:query', 'datasources:explore', 'datasources:read', 'datasources:write', 'datasources:create', 'plugins:write'],
};

/**
 * Has every page that is loaded from now on be that of a person with this role.
 * @param {import('playwright-core').Page} page @param {keyof typeof RIGHTS} role
 */
export async function signIn(page, role) {
  const permissions = JSON.stringify(Object.fromEntries(RIGHTS[role].map((right) => [right, true])));
  await page.route(/\/(a|d)\//, async (route) => {
    if (route.request().resourceType() !== 'document') {
      await route.fallback();
      return;
    }
    const response = await route.fetch();
    const body = (await response.text()).replace(/"permissions":\{[^}]*\}/, `"permissions":${permissions}`).replace(/"orgRole":"\w+"/, `"orgRole":"${role}"`);
    await route.fulfill({ response, body });
  });
}
