// The connection to Prometheus in the settings: how to read it and how to change it. Secrets can be set and removed,
// never read.
import type { DataSourceSettings } from '@grafana/data';

import { type HeaderNames, MOST_HEADERS } from '../../../generated/contract';
import type { HeadroomJsonData, HeadroomSecrets } from '../../types';

export type Settings = DataSourceSettings<HeadroomJsonData, HeadroomSecrets>;
export type AuthMethod = 'none' | 'basic' | 'token';
type SecretName = keyof HeadroomSecrets;

/** The authentication method that the settings describe. */
export function authMethod({ jsonData, basicAuth, secureJsonData, secureJsonFields }: Settings): AuthMethod {
  if (basicAuth || jsonData.basicAuthUser !== undefined) {
    return 'basic';
  }
  // An empty token marks a saved one that is being removed.
  const typed = (secureJsonData?.prometheusToken ?? '') !== '';
  return typed || secureJsonFields.prometheusToken === true ? 'token' : 'none';
}

/** The settings with another method. The user name and the secrets of other methods are removed. */
export function switchAuth(settings: Settings, method: AuthMethod): Settings {
  const { basicAuthUser: _, ...jsonData } = settings.jsonData;
  let next: Settings = { ...settings, jsonData, basicAuth: false, basicAuthUser: '' };
  if (method === 'basic') {
    next = { ...next, jsonData: { ...jsonData, basicAuthUser: settings.jsonData.basicAuthUser ?? '' } };
  } else {
    next = withoutSecret(next, 'basicAuthPassword');
  }
  return method === 'token' ? next : withoutSecret(next, 'prometheusToken');
}

export function withSecret(settings: Settings, name: SecretName, value: string): Settings {
  return { ...settings, secureJsonData: { ...settings.secureJsonData, [name]: value } };
}

/** The settings without this secret. A saved secret is removed by saving an empty one in its place. */
export function withoutSecret(settings: Settings, name: SecretName): Settings {
  const known = settings.secureJsonFields[name] === true || settings.secureJsonData?.[name] !== undefined;
  if (!known) {
    return settings;
  }
  return {
    ...settings,
    secureJsonFields: { ...settings.secureJsonFields, [name]: false },
    secureJsonData: { ...settings.secureJsonData, [name]: '' },
  };
}

/** What a secret field needs: its state, and how to set and remove the secret. */
export function secretsOf(settings: Settings, onChange: (settings: Settings) => void) {
  return {
    typed: (name: SecretName) => settings.secureJsonData?.[name],
    isSet: (name: SecretName) => settings.secureJsonFields[name] === true,
    set: (name: SecretName, value: string) => {
      onChange(withSecret(settings, name, value));
    },
    remove: (name: SecretName) => {
      onChange(withoutSecret(settings, name));
    },
  };
}

/** A custom header, identified by its number in the settings. */
export interface Header {
  number: number;
  name: string;
}

/** The custom headers in the order of their numbers; provisioning files may leave gaps between the numbers. */
export function headersOf({ jsonData }: Settings): Header[] {
  const names = jsonData as HeaderNames;
  return Array.from({ length: MOST_HEADERS }, (_, at) => at + 1).flatMap((number) => {
    const name = names[`httpHeaderName${number}`];
    return name === undefined ? [] : [{ number, name }];
  });
}

/** The settings with one more header, still without a name. */
export function addHeader(settings: Settings): Settings {
  const taken = new Set(headersOf(settings).map(({ number }) => number));
  const free = Array.from({ length: MOST_HEADERS }, (_, at) => at + 1).find((number) => !taken.has(number));
  return free === undefined ? settings : nameHeader(settings, free, '');
}

export function nameHeader(settings: Settings, number: number, name: string): Settings {
  return { ...settings, jsonData: { ...settings.jsonData, [`httpHeaderName${number}`]: name } };
}

/** The settings without a header and its value. */
export function removeHeader(settings: Settings, number: number): Settings {
  const jsonData = { ...settings.jsonData };
  Reflect.deleteProperty(jsonData, `httpHeaderName${number}`);
  return withoutSecret({ ...settings, jsonData }, `httpHeaderValue${number}`);
}

/** What is wrong with an address; `undefined` if nothing is, or if there is no address. */
export function urlProblem(url: string | undefined): string | undefined {
  // Provisioning files may contain an environment variable instead of the address, which cannot be checked here.
  if (url === undefined || url.includes('$')) {
    return undefined;
  }
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !['http:', 'https:'].includes(parsed.protocol)) {
    return 'Expected an address such as http://prometheus.monitoring:9090.';
  }
  return parsed.username !== '' || parsed.password !== ''
    ? 'User and password in an address can be read by everyone; choose an authentication below.'
    : undefined;
}
