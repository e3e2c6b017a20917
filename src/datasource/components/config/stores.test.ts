import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fieldsOf, secretsNeeded, STORE_KINDS, storeAuths, storeOf } from './stores';

test('every kind of store says where it is', () => {
  for (const { value } of STORE_KINDS) {
    const required = fieldsOf(value).filter((field) => field.required);
    assert.ok(required.length > 0, value);
    assert.ok(
      required.every(({ missing }) => missing !== undefined),
      value,
    );
  }
});

test('secrets are asked for where they are used', () => {
  const keys = (...of: Parameters<typeof secretsNeeded>) => secretsNeeded(...of).map(({ key }) => key);
  assert.deepEqual(keys('directory', undefined), []);
  assert.deepEqual(keys('s3', 'environment'), ['storeCACert']);
  assert.ok(keys('s3', 'secrets').includes('storeSecretAccessKey'));
  assert.ok(keys('http', undefined).includes('storeToken'));
  for (const { value } of STORE_KINDS) {
    assert.equal(storeAuths(value).length > 0, ['s3', 'azure', 'gcs'].includes(value), value);
  }
});

test('a store is named by what must be set, and by nothing where that is missing', () => {
  const check = (settings: Parameters<typeof storeOf>[0], expected: ReturnType<typeof storeOf>) => {
    assert.deepEqual(storeOf(settings), expected);
  };
  check({ storePath: '/reports' }, { word: 'folder', place: '/reports' });
  check({ storeKind: 's3', storeBucket: 'b', storePath: '/old' }, { word: 'store', place: 'b' });
  check({ storeKind: 'azure', storeAccount: 'a', storeBucket: 'c' }, { word: 'store', place: 'a/c' });
  check({ storeKind: 'azure', storeAccount: 'a' }, undefined);
  check({ storeKind: 'http', storeUrl: 'https://x/' }, { word: 'store', place: 'https://x/' });
  check({ storePath: '' }, undefined);
  check({}, undefined);
});
