// The programs under test: the preview and the command line, as cargo built them.
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

import { startProduction } from './production.mjs';

export const root = resolve(import.meta.dirname, '../../..');
export const reports = join(root, 'demo/reports');
const plugins = process.env.HEADROOM_DIST ?? join(root, 'dist');
const run = promisify(execFile);

/** Builds both programs; quick when they are up to date. */
export async function build() {
  if (!existsSync(join(plugins, 'plugin.json')) || !existsSync(join(root, '.cache/preview/index.html'))) {
    throw new Error('the plugin is not built; run `cargo xtask build` first');
  }
  await run('cargo', ['build-tested', '--quiet', '--bin', 'headroom-preview', '--bin', 'headroom'], { cwd: root });
}

/** Where cargo put a program. @param {string} name */
export const binary = (name) => join(process.env.CARGO_TARGET_DIR ?? join(root, 'target'), 'debug', name);

/**
 * What `headroom analyze` says about report files, as JSON.
 * @param {string[]} files @param {string[]} options
 */
export function analyze(files, ...options) {
  return analyzeWith(join(reports, 'deployments.yaml'), files, ...options);
}

/**
 * The same with other facts about the deployments.
 * @param {string} facts @param {string[]} files @param {string[]} options
 */
export async function analyzeWith(facts, files, ...options) {
  const asked = ['analyze', '--format', 'json', '--deployments', facts, ...options, ...files];
  const { stdout } = await run(binary('headroom'), asked, {
    cwd: root,
    maxBuffer: 64 << 20,
  });
  return JSON.parse(stdout);
}

/**
 * Starts the preview on a free port with the shipped provisioning, the demo's reports and, where a Prometheus is
 * installed, the demo's production.
 * @param {...string} options
 */
export async function startPreview(...options) {
  // The shipped dashboards ask about production too.
  const production = await startProduction();
  const preview = await startPreviewOf({ provisioning: 'provisioning', prometheus: production?.url }, ...options);
  return {
    ...preview,
    stop: async () => {
      const ended = await preview.stop();
      await production?.stop();
      return ended;
    },
  };
}

/**
 * Starts the preview on a free port with the demo's reports.
 * @param {{ provisioning: string, prometheus?: string }} about @param {...string} options
 */
export async function startPreviewOf({ provisioning, prometheus = '' }, ...options) {
  const child = spawn(
    binary('headroom-preview'),
    ['--port', '0', '--no-open', '--provisioning', provisioning, '--plugins', plugins, ...options],
    { cwd: root, env: { ...process.env, HEADROOM_REPORTS: reports, HEADROOM_PROMETHEUS_URL: prometheus }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const log = [];
  child.stderr.setEncoding('utf8').on('data', (text) => log.push(text));
  const ended = new Promise((done) => child.once('exit', (code, signal) => done({ code, signal })));
  const url = await new Promise((found, failed) => {
    void ended.then(() => failed(new Error(`the preview ended before it served:\n${log.join('')}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const address = /http:\/\/127\.0\.0\.1:\d+/.exec(line);
      if (address) {
        found(address[0]);
      }
    });
  });
  return {
    url,
    log,
    /** Ends it as Ctrl-C does; gives how it ended. */
    stop: () => {
      child.kill('SIGINT');
      return ended;
    },
  };
}
