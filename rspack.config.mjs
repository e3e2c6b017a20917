// @ts-check
// Builds the three plugins: one compilation per plugin.json, each with its own output folder and public path. In one
// shared compilation the lazy chunks and the .wasm of a nested plugin would land in the app's folder, where Grafana
// does not look for them.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { rspack } from '@rspack/core';

const root = import.meta.dirname;
const dist = join(root, 'dist');

/** Folders below `src/` that hold a plugin; the first is the app and holds the others. */
const plugins = ['', 'datasource', 'panel'].filter((folder) => existsSync(join(root, 'src', folder, 'plugin.json')));

/** What Grafana gives to plugins at run time. Nothing of it may be bundled: two copies of React do not work. */
const shared = [
  { 'amd-module': 'module' },
  'react',
  'react/jsx-runtime',
  'react/jsx-dev-runtime',
  'react-dom',
  'react-redux',
  'react-router',
  'redux',
  'rxjs',
  'rxjs/operators',
  'lodash',
  'moment',
  'jquery',
  'd3',
  'prismjs',
  'i18next',
  'slate',
  'slate-react',
  'slate-plain-serializer',
  'emotion',
  '@emotion/css',
  '@emotion/react',
  /^@grafana\/(data|runtime|ui)(\/unstable)?$/,
];

/** @param {string} path */
const json = (path) => JSON.parse(readFileSync(path, 'utf8'));

const version = json(join(root, 'package.json')).version;
const appId = json(join(root, 'src/plugin.json')).id;
const epoch = process.env.SOURCE_DATE_EPOCH;
const today = (epoch ? new Date(Number(epoch) * 1000) : new Date()).toISOString().slice(0, 10);

/** @param {Buffer} content */
const fillIn = (content) =>
  content.toString().replaceAll('%VERSION%', version).replaceAll('%TODAY%', today).replaceAll('%PLUGIN_ID%', appId);

const dashboards = join(root, 'provisioning/dashboards/headroom');

/** The dashboard for sharing. It names a data source, so Grafana cannot import it with the app: a person does. */
const sharedDashboard = 'headroom-status.json';

/**
 * A dashboard as Grafana's page "Import dashboard" takes it: that asks which data source is meant, and saves its uid.
 * @param {Buffer} content
 */
function toImport(content) {
  const { id: pluginId, name: pluginName } = json(join(root, 'src/datasource/plugin.json'));
  const input = { name: 'DS_HEADROOM', label: 'Headroom', description: '', type: 'datasource', pluginId, pluginName };
  const model = JSON.parse(content.toString().replaceAll('"uid": "headroom"', '"uid": "${DS_HEADROOM}"'));
  return JSON.stringify({ __inputs: [input], ...model }, null, 2);
}

/**
 * Files that are shipped as they are.
 * @param {string} folder
 */
function copied(folder) {
  const source = join(root, 'src', folder);
  const own = [
    { from: join(source, 'plugin.json'), transform: fillIn },
    { from: join(source, 'img'), to: 'img' },
  ];
  if (folder !== '') {
    return own;
  }
  return [
    ...own,
    ...['README.md', 'CHANGELOG.md', 'LICENSE'].map((name) => ({ from: join(root, name) })),
    { from: '*.json', context: dashboards, to: 'dashboards', globOptions: { ignore: [`**/${sharedDashboard}`] } },
    { from: sharedDashboard, context: dashboards, to: 'import', transform: toImport },
  ];
}

/**
 * Removes what earlier builds left in a plugin's folder. Rspack's own cleaning would look into the nested folders while
 * their compilations are writing there, and would take away the backend's binaries, which come from cargo.
 * @param {string} folder
 */
const cleaner = (folder) => ({
  /** @param {import('@rspack/core').Compiler} compiler */
  apply(compiler) {
    compiler.hooks.beforeRun.tap('Cleaner', () => {
      const directory = join(dist, folder);
      const kept = (/** @type {string} */ name) => name.startsWith('gpx_') || (folder === '' && plugins.includes(name));
      for (const name of existsSync(directory) ? readdirSync(directory) : []) {
        if (!kept(name)) {
          rmSync(join(directory, name), { recursive: true, force: true });
        }
      }
    });
  },
});

/**
 * @param {string} folder
 * @param {boolean} production
 * @returns {import('@rspack/core').Configuration}
 */
function plugin(folder, production) {
  const source = join(root, 'src', folder);
  const { id } = json(join(source, 'plugin.json'));
  const module = ['module.tsx', 'module.ts'].map((name) => join(source, name)).find(existsSync);
  if (!module) {
    throw new Error(`src/${folder}: expected module.ts beside plugin.json`);
  }
  return {
    name: id,
    context: root,
    target: ['web', 'es2021'],
    devtool: 'source-map',
    entry: { module: [join(root, 'src/publicPath.ts'), module] },
    externals: shared,
    externalsType: 'amd',
    output: {
      path: join(dist, folder),
      filename: '[name].js',
      chunkFilename: '[name].[contenthash:12].js',
      assetModuleFilename: '[name].[contenthash:12][ext]',
      library: { type: 'amd' },
      // Until publicPath.ts has asked the loader.
      publicPath: `public/plugins/${id}/`,
      uniqueName: id,
    },
    resolve: { extensions: ['.tsx', '.ts', '.mjs', '.js'] },
    module: {
      rules: [
        {
          test: /\.tsx?$/,
          exclude: /node_modules/,
          loader: 'builtin:swc-loader',
          options: {
            jsc: {
              parser: { syntax: 'typescript', tsx: true },
              target: 'es2021',
              transform: { react: { runtime: 'automatic', development: !production } },
            },
          },
        },
        { test: /\.(wasm|svg|png)$/, type: 'asset/resource' },
        { test: /\.md$/, type: 'asset/source' },
      ],
    },
    optimization: {
      minimizer: [
        new rspack.SwcJsMinimizerRspackPlugin({
          minimizerOptions: { compress: { drop_console: true }, format: { comments: false, ascii_only: true } },
        }),
      ],
    },
    plugins: [cleaner(folder), new rspack.CopyRspackPlugin({ patterns: copied(folder) })],
    performance: false,
  };
}

/** @param {unknown} _environment @param {{ mode?: string }} options */
export default (_environment, { mode }) => plugins.map((folder) => plugin(folder, mode === 'production'));
