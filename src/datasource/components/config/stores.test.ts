import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fieldsOf, secretsNeeded, STORE_KINDS, storeAuths } from './stores';

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
