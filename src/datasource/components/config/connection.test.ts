import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import {
  addHeader,
  authMethod,
  headersOf,
  nameHeader,
  removeHeader,
  secretsOf,
  type Settings,
  switchAuth,
  urlProblem,
} from './connection';

function settings(part: object = {}): Settings {
  return { jsonData: {}, secureJsonFields: {}, basicAuth: false, basicAuthUser: '', ...part } as Settings;
}

describe('the method of authentication', () => {
  const check = (part: object, expected: string) => {
    assert.equal(authMethod(settings(part)), expected);
  };
  it('is what the settings amount to', () => {
    check({}, 'none');
    check({ jsonData: { basicAuthUser: '' } }, 'basic');
    check({ basicAuth: true, basicAuthUser: 'grafana' }, 'basic');
    check({ secureJsonFields: { prometheusToken: true } }, 'token');
    check({ secureJsonData: { prometheusToken: 'typed' } }, 'token');
    check({ secureJsonData: { prometheusToken: '' } }, 'none');
  });
  it('changes without leaving a secret of the one before', () => {
    const basic = settings({
      basicAuth: true,
      jsonData: { basicAuthUser: 'a', prometheusUrl: 'http://p' },
      secureJsonFields: { basicAuthPassword: true },
    });
    const token = switchAuth(basic, 'token');
    assert.equal(authMethod(token), 'none');
    assert.deepEqual(token.jsonData, { prometheusUrl: 'http://p' });
    assert.equal(token.basicAuth, false);
    assert.equal(token.secureJsonFields.basicAuthPassword, false);
    assert.equal(token.secureJsonData?.basicAuthPassword, '');
    const back = switchAuth(token, 'basic');
    assert.deepEqual([authMethod(back), back.jsonData.basicAuthUser], ['basic', '']);
  });
  it('can go back to none from a token that is saved or typed', () => {
    check(switchAuth(settings({ secureJsonFields: { prometheusToken: true } }), 'none'), 'none');
    check(switchAuth(settings({ secureJsonData: { prometheusToken: 'typed' } }), 'none'), 'none');
  });
  it('removes nothing that is not there', () => {
    assert.equal(switchAuth(settings(), 'none').secureJsonData, undefined);
  });
});

describe('secrets', () => {
  it('are set and removed, and only whether they are set is known', () => {
    let now = settings({ secureJsonFields: { tlsCACert: true } });
    const change = () =>
      secretsOf(now, (next) => {
        now = next;
      });
    assert.deepEqual([change().isSet('tlsCACert'), change().typed('tlsCACert')], [true, undefined]);
    change().remove('tlsCACert');
    assert.deepEqual([change().isSet('tlsCACert'), change().typed('tlsCACert')], [false, '']);
    change().set('tlsCACert', 'pem');
    assert.equal(now.secureJsonData?.tlsCACert, 'pem');
  });
});

describe('custom headers', () => {
  it('are found whatever their numbers are, and a new one takes the first free number', () => {
    let now = settings({ jsonData: { httpHeaderName1: 'A', httpHeaderName3: 'C' } });
    now = nameHeader(addHeader(now), 2, 'B');
    assert.deepEqual(headersOf(now), [
      { number: 1, name: 'A' },
      { number: 2, name: 'B' },
      { number: 3, name: 'C' },
    ]);
  });
  it('leave no value behind when they are removed', () => {
    const before = settings({ jsonData: { httpHeaderName1: 'A' }, secureJsonFields: { httpHeaderValue1: true } });
    const after = removeHeader(before, 1);
    assert.deepEqual(headersOf(after), []);
    assert.deepEqual([after.secureJsonFields.httpHeaderValue1, after.secureJsonData?.httpHeaderValue1], [false, '']);
  });
});

describe('an address', () => {
  const check = (url: string | undefined, problem: RegExp | undefined) => {
    const found = urlProblem(url);
    if (problem === undefined) {
      assert.equal(found, undefined, url);
    } else {
      assert.match(found ?? '', problem, url);
    }
  };
  it('is of http or https, without a secret in it', () => {
    check(undefined, undefined);
    check('http://prometheus:9090/prometheus', undefined);
    check('https://p.example', undefined);
    check('$HEADROOM_PROMETHEUS_URL', undefined);
    check('prometheus:9090', /Expected an address/);
    check('not an address', /Expected an address/);
    check('ftp://p', /Expected an address/);
    check('http://user:secret@p', /can be read by everyone/);
  });
});
