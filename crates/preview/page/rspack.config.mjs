// The preview's page: Grafana's own front-end packages around our built plugins. It is its own compilation, because it is
// not part of what ships.
//
// `npm run build:preview` makes the production build. The development build takes a third of the time (5 s against 15 s on
// two busy cores), but it is made once and kept, and only production's React is what plugins meet in Grafana.

import path from 'node:path';
import { rspack } from '@rspack/core';

const page = import.meta.dirname;
const root = path.resolve(page, '../../..');
const modules = path.join(root, 'node_modules');

/** Grafana's stylesheet names Inter's files so; the registry's package has them under its own names. */
const inter = [
  ['Regular', '400-normal'],
  ['Medium', '500-normal'],
  ['Italic', '400-italic'],
  ['MediumItalic', '500-italic'],
].map(([grafana, source]) => ({
  from: path.join(modules, `@fontsource/inter/files/inter-latin-${source}.woff2`),
  to: `fonts/inter/Inter-${grafana}.woff2`,
}));

/** The same for Roboto Mono, which Grafana keeps under a name made by Google Fonts. */
const robotoMono = {
  from: path.join(modules, '@fontsource/roboto-mono/files/roboto-mono-latin-400-normal.woff2'),
  to: 'fonts/roboto/L0xTDF4xlVMF-BfR8bXMIhJHg45mwgGEFl0_3vrtSM1J-gEPT5Ese6hmHSh0mQ.woff2',
};

/** @param {unknown} _environment @param {{ mode?: 'development' | 'production' }} options @returns {import('@rspack/core').Configuration} */
export default (_environment, { mode = 'development' }) => {
  return {
    name: 'preview',
    mode,
    target: 'web',
    context: root,
    devtool: mode === 'production' ? 'source-map' : false,
    // Without this, UMD packages would find the `define` of SystemJS and register there instead of in the bundle.
    amd: {},
    entry: { page: path.join(page, 'src/index.tsx') },
    output: {
      path: path.join(root, '.cache/preview'),
      filename: 'build/[name].js',
      cssFilename: 'build/[name].css',
      chunkFilename: 'build/[name].[contenthash].js',
      cssChunkFilename: 'build/[name].[contenthash].css',
      assetModuleFilename: 'build/[name].[contenthash][ext]',
      publicPath: '/public/',
      clean: true,
    },
    resolve: {
      extensions: ['.tsx', '.ts', '.mjs', '.js'],
      // The packages' Node branches are never taken in a browser.
      fallback: { fs: false, stream: false, path: false, buffer: false },
    },
    module: {
      rules: [
        {
          test: /\.tsx?$/,
          exclude: /node_modules/,
          loader: 'builtin:swc-loader',
          options: {
            jsc: {
              parser: { syntax: 'typescript', tsx: true },
              transform: { react: { runtime: 'automatic' } },
              target: 'es2022',
            },
          },
          type: 'javascript/auto',
        },
        // `javascript/auto`, or the default import of a CommonJS package from an .mjs file is the whole module.
        { test: /\.m?js$/, type: 'javascript/auto', resolve: { fullySpecified: false } },
        { test: /\.css$/, type: 'css/auto' },
        { test: /\.(png|svg|woff2?|ttf)$/, type: 'asset/resource' },
      ],
    },
    plugins: [
      new rspack.CopyRspackPlugin({
        patterns: [
          { from: path.join(modules, '@grafana/ui/dist/public/img'), to: 'build/img' },
          // Icons that @grafana/ui asks for and its package has not got.
          { from: path.join(page, 'img/icons'), to: 'build/img/icons' },
          { from: path.join(page, 'img/preview.svg'), to: 'img' },
          { from: path.join(page, 'index.html') },
          ...inter,
          robotoMono,
        ],
      }),
    ],
    cache: {
      type: 'persistent',
      buildDependencies: [import.meta.filename, path.join(root, 'package-lock.json')],
      storage: { type: 'filesystem', directory: path.join(root, '.cache/rspack-preview') },
    },
    performance: false,
    stats: { preset: 'errors-warnings', timings: true },
  };
};
