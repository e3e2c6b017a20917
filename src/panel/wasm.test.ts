import assert from 'node:assert/strict';
import test from 'node:test';

import { explained } from './wasm';

function check(message: string, forbidden: boolean, words: RegExp): void {
  const error = explained(new WebAssembly.CompileError(message));
  assert.equal(error.forbidden, forbidden);
  assert.match(error.message, words);
}

test('a content security policy is named with the directive that would allow it', () => {
  check(
    "WebAssembly.instantiateStreaming(): Compiling or instantiating WebAssembly module violates the following Content Security policy directive because neither 'wasm-unsafe-eval' nor 'unsafe-eval' is an allowed source of script",
    true,
    /'wasm-unsafe-eval' to script-src/,
  );
});

test('any other failure keeps its reason', () => {
  check('expected magic word 00 61 73 6d', false, /could not be loaded: expected magic word/);
});
