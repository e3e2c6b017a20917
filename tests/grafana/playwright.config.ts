// `npx playwright test --config tests/grafana`: Headroom in the Grafana at GRAFANA_URL, which has the plugin already.
import { resolve } from 'node:path';

import type { PluginOptions } from '@grafana/plugin-e2e';
import { defineConfig } from '@playwright/test';

import { ADMIN_USER, CHROMIUM, GRAFANA_URL, ROLES, root } from './support/environment.ts';

/** The sign-in that plugin-e2e ships: it keeps each user's session below `playwright/.auth`, seen from where it is run. */
const SIGN_IN = resolve(root, 'node_modules/@grafana/plugin-e2e/dist/auth');

const ADMIN = `playwright/.auth/${ADMIN_USER}.json`;

export default defineConfig<object, PluginOptions>({
  testDir: import.meta.dirname,
  outputDir: resolve(root, '.cache/test/grafana'),
  // Tests share one Grafana, whose menu, users and data sources they read and change.
  workers: 1,
  forbidOnly: process.env.CI !== undefined,
  retries: 0,
  // A server that has just started loads its bundles for the first time.
  timeout: 180_000,
  expect: { timeout: 30_000 },
  reporter: [['list'], ['html', { outputFolder: resolve(root, '.cache/test/grafana-report'), open: 'never' }]],
  use: {
    baseURL: GRAFANA_URL,
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    viewport: { width: 1440, height: 1000 },
    launchOptions: CHROMIUM === undefined ? {} : { executablePath: CHROMIUM, args: ['--no-sandbox'] },
  },
  projects: [
    { name: 'sign in', testDir: SIGN_IN, testMatch: /.*\.js/ },
    {
      name: 'data sources',
      testMatch: /.*\.setup\.ts/,
      use: { storageState: ADMIN, provisioningRootDir: resolve(root, 'demo/provisioning') },
      dependencies: ['sign in'],
      teardown: 'clean up',
    },
    { name: 'clean up', testMatch: /.*\.teardown\.ts/, use: { storageState: ADMIN } },
    {
      name: 'admin',
      testMatch: /.*\.spec\.ts/,
      testIgnore: /roles\.spec\.ts/,
      use: { storageState: ADMIN },
      dependencies: ['data sources'],
    },
    ...ROLES.flatMap(({ role, user, password }) => [
      {
        name: `sign in as ${role}`,
        testDir: SIGN_IN,
        testMatch: /.*\.js/,
        use: { user: { user, password, role } },
        dependencies: ['data sources'],
      },
      {
        name: role,
        testMatch: /roles\.spec\.ts/,
        use: { user: { user, password, role }, storageState: `playwright/.auth/${user}.json` },
        dependencies: [`sign in as ${role}`],
      },
    ]),
  ],
});
