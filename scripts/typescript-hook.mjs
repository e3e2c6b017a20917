// @ts-check
// Lets Node import the TypeScript of this project as it is, with the compiler that is installed anyway:
// `node --import ./scripts/typescript-hook.mjs …`.
import { readFile } from 'node:fs/promises';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  register(import.meta.url);
}

/** Resolves imports without an extension, as the bundler does. @type {import('node:module').ResolveHook} */
export async function resolve(specifier, context, next) {
  if (specifier.startsWith('@grafana/')) {
    // Their ES modules import names from CommonJS packages that only a bundler finds; their CommonJS files run in Node.
    return next(specifier, { ...context, conditions: ['node', 'require', 'default'] });
  }
  if (!specifier.startsWith('.') || /\.\w+$/.test(specifier)) {
    return next(specifier, context);
  }
  try {
    return await next(`${specifier}.ts`, context);
  } catch {
    return next(`${specifier}.tsx`, context);
  }
}

/** Compiles TypeScript on loading. @type {import('node:module').LoadHook} */
export async function load(url, context, next) {
  if (!/\.tsx?$/.test(url)) {
    return next(url, context);
  }
  const { default: ts } = await import('typescript');
  const { outputText } = ts.transpileModule(await readFile(fileURLToPath(url), 'utf8'), {
    fileName: fileURLToPath(url),
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      jsx: ts.JsxEmit.ReactJSX,
      verbatimModuleSyntax: true,
      inlineSourceMap: true,
    },
  });
  return { format: 'module', source: outputText, shortCircuit: true };
}
