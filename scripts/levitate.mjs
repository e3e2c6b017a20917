// @ts-check
// `npm run levitate`: whether everything that the plugins use of Grafana exists, unchanged, in the oldest Grafana that
// plugin.json promises to work with. `npm run levitate -- 13.2.2` asks the same of another version.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Changes that levitate reports and that a person has found to make no difference, with the reason. */
const harmless = /** @type {Record<string, string>} */ ({
  SeriesVisibilityChangeMode: 'a newer Grafana has one value more; only the two that both have are used',
});

const root = join(import.meta.dirname, '..');
const folders = ['.', 'datasource', 'panel'].filter((folder) => existsSync(join(root, 'src', folder, 'plugin.json')));

const promised = new Set(
  folders.map((folder) => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'src', folder, 'plugin.json'), 'utf8'));
    const oldest = /^>=(\d+\.\d+\.\d+)$/.exec(dependencies.grafanaDependency)?.[1];
    if (!oldest) {
      throw new Error(`src/${folder}/plugin.json: expected grafanaDependency as >=X.Y.Z`);
    }
    return oldest;
  }),
);
if (promised.size !== 1) {
  throw new Error(`expected the same grafanaDependency in every plugin.json; found ${[...promised].join(', ')}`);
}
const version = process.argv[2] ?? [...promised][0];

// One program with all three modules: levitate takes one file and follows its imports.
const entry = join(root, '.cache/levitate.tsx');
mkdirSync(join(root, '.cache'), { recursive: true });
writeFileSync(entry, folders.map((folder) => `import '${join(root, 'src', folder, 'module')}';\n`).join(''));

const targets = ['data', 'runtime', 'schema', 'ui'].map((name) => `@grafana/${name}@${version}`).join(',');
const { status, stdout, error } = spawnSync(
  'npx',
  ['levitate', 'is-compatible', '--path', entry, '--target', targets],
  {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    shell: process.platform === 'win32',
  },
);
process.stdout.write(stdout);
if (error) {
  throw error;
}
const found = [...stdout.matchAll(/^\d+\) \w+ `(\w+)` used in .*$/gm)].map(([line, name]) => ({
  line,
  name: String(name),
}));
const harmful = found.filter(({ name }) => !(name in harmless));
if (status !== 0 && found.length > 0 && harmful.length === 0) {
  for (const { line, name } of found) {
    console.log(`Looked at and harmless: ${line.replace(/^\d+\) /, '')}: ${harmless[name]}`);
  }
  process.exit(0);
}
process.exit(status ?? 1);
