// A real Prometheus on the recorded production of the demo.
import { execFileSync, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { root } from './programs.mjs';

/** How long it may take to open its blocks before that counts as never. */
const TRIES = 600;

/** A port that is free now. @returns {Promise<number>} */
function freePort() {
  return new Promise((found, failed) => {
    const server = createServer().once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });
}

function isInstalled() {
  try {
    execFileSync('prometheus', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Starts it; `undefined` where there is no `prometheus` on the PATH. */
export async function startProduction() {
  if (!isInstalled()) {
    return undefined;
  }
  const data = mkdtempSync(join(tmpdir(), 'headroom-production-'));
  execFileSync('tar', ['xzf', join(root, 'demo/prometheus/tsdb-block.tgz'), '-C', data]);
  const port = await freePort();
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(root, 'demo/prometheus/prometheus.yml')}`,
      `--storage.tsdb.path=${data}`,
      // The recording grows older than what Prometheus keeps by default.
      '--storage.tsdb.retention.time=100y',
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  );
  const url = `http://127.0.0.1:${port}`;
  // From the start: who begins to wait after the end waits for ever.
  const ended = new Promise((done) => child.once('exit', done));
  const stop = async () => {
    child.kill();
    await ended;
    rmSync(data, { recursive: true, force: true });
  };
  for (let tries = 0; tries < TRIES && child.exitCode === null; tries++) {
    const ready = await fetch(`${url}/-/ready`).catch(() => undefined);
    if (ready?.ok) {
      return { url, stop };
    }
    await new Promise((done) => setTimeout(done, 100));
  }
  await stop();
  throw new Error(`Prometheus did not become ready on ${url}`);
}
