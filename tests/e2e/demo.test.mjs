// `cargo xtask demo` leaves nothing running, however it ends: its Prometheus, the preview and the plugin end with it.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { before, describe, it } from 'node:test';

import { binary, build, root } from './support/programs.mjs';

/** Tries, a tenth of a second apart, before something counts as never. */
const TRIES = 1_200;
const later = () => new Promise((done) => setTimeout(done, 100));

/** Every process: its id, its parent's, and its program. */
function processes() {
  const listed = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,args='], { encoding: 'utf8', maxBuffer: 64 << 20 });
  return listed
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line))
    .filter((found) => found !== null)
    .map(([, id, parent, state, command]) => ({ id: Number(id), parent: Number(parent), state, command }));
}

/** A process and everything that it started, and what that started. @param {number} root */
function family(root) {
  const all = processes();
  const found = all.filter(({ id }) => id === root);
  for (let at = 0; at < found.length; at++) {
    found.push(...all.filter(({ parent }) => parent === found[at].id));
  }
  return found;
}

/** Whether the demo has a production to start. */
function hasPrometheus() {
  try {
    execFileSync('prometheus', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Those of some processes that still run; one that nobody has asked about since it ended does not. */
function running(of) {
  const alive = new Set(processes().filter(({ state }) => !state.startsWith('Z')).map(({ id, command }) => `${id} ${command}`));
  return of.filter(({ id, command }) => alive.has(`${id} ${command}`));
}

/**
 * Starts a command that shows the demo, and waits until the plugin answers.
 * @param {string} program @param {string[]} options
 */
async function start(program, options) {
  const child = spawn(program, options, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (said += text));
  let url;
  for (let tries = 0; url === undefined && tries < TRIES; tries++) {
    assert.equal(child.exitCode, null, said);
    url = /Headroom preview.* (http:\/\/127\.0\.0\.1:\d+)/.exec(said)?.[1];
    await later();
  }
  assert.ok(url, `the demo did not say where it is: ${said}`);
  assert.equal((await fetch(`${url}/api/datasources/uid/headroom/health`)).status, 200);
  const everything = family(child.pid);
  const commands = everything.map(({ command }) => command);
  for (const part of ['headroom-preview', 'gpx_headroom', ...(hasPrometheus() ? ['--storage.tsdb.path'] : [])]) {
    assert.ok(commands.some((command) => command.includes(part)), `${part} is not among ${commands.join('\n')}`);
  }
  return { child, url, everything, said: () => said };
}

async function assertGone({ everything, url }) {
  let left = running(everything);
  for (let tries = 0; left.length > 0 && tries < TRIES; tries++) {
    await later();
    left = running(everything);
  }
  assert.deepEqual(left, []);
  await assert.rejects(fetch(url));
}

const demo = ['demo', '--no-build', '--no-open', '--port', '0'];

describe('the demo leaves nothing running', () => {
  before(async () => {
    await build();
    execFileSync('cargo', ['build', '--quiet', '--package', 'xtask'], { cwd: root });
  });

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL']) {
    it(`after ${signal}`, async () => {
      const started = await start(binary('xtask'), demo);
      process.kill(started.child.pid, signal);
      await assertGone(started);
    });
  }

  it('after it was started in the background of a shell that has ended', async () => {
    const started = await start('sh', ['-c', `"$0" ${demo.join(' ')} & echo "$!"; wait`, binary('xtask')]);
    const background = Number(/^(\d+)$/m.exec(started.said())[1]);
    started.child.kill('SIGKILL');
    process.kill(background, 'SIGTERM');
    await assertGone(started);
  });

  it('after its terminal was closed', async () => {
    try {
      execFileSync('script', ['--version'], { stdio: 'ignore' });
    } catch {
      console.log('left out: no `script` on the PATH, which makes a terminal');
      return;
    }
    const command = [binary('xtask'), ...demo].join(' ');
    const started = await start('script', ['--quiet', '--return', '--command', command, '/dev/null']);
    // The terminal is gone with the one who made it.
    started.child.kill('SIGKILL');
    await assertGone(started);
  });
});
