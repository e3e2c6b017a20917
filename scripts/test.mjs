// @ts-check
// `npm test [-- FOLDER…]`: every *.test.ts below the folders, by Node's own test runner.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const folders = process.argv.slice(2);
const files = (folders.length > 0 ? folders : ['src'])
  .flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => join(folder, file)),
  )
  .sort();

if (files.length === 0) {
  console.error('test: found no *.test.ts');
  process.exit(1);
}
const hook = new URL('./typescript-hook.mjs', import.meta.url).href;
const { status } = spawnSync(
  process.execPath,
  ['--import', hook, '--enable-source-maps', '--test-reporter=spec', '--test', ...files],
  { stdio: 'inherit' },
);
process.exit(status ?? 1);
