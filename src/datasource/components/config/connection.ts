// How a Prometheus is reached: what the settings mean and how they change. Secrets can be set and removed, never read.
import type { DataSourceSettings } from '@grafana/data';

import { type HeaderNames, MOST_HEADERS } from '../../../generated/contract';
import type { HeadroomJsonData, HeadroomSecrets } from '../../types';

export type Settings = DataSourceSettings<HeadroomJsonData, HeadroomSecrets>;
export type AuthMethod = 'none' | 'basic' | 'token';
type SecretName = keyof HeadroomSecrets;

/** Which method the settings amount to. */
export function authMethod({ jsonData, basicAuth, secureJsonData, secureJsonFields }: Settings): AuthMethod {
  if (basicAuth || jsonData.basicAuthUser !== undefined) {
    return 'basic';
  }
  // An empty one stands for a saved one that is being removed.
  const typed = (secureJsonData?.prometheusToken ?? '') !== '';
  return typed || secureJsonFields.prometheusToken === true ? 'token' : 'none';
}

/** The settings with another method: what belongs to the one before is removed, its secret too. */
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

/** A saved secret is removed by saving an empty one in its place. */
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

/** What an editor does with secrets. */
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

/** A custom header by its number in the settings. */
export interface Header {
  number: number;
  name: string;
}

/** The custom headers; people who write files number them with gaps. */
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

/** What is wrong with an address; `undefined` for nothing, and without one. */
export function urlProblem(url: string | undefined): string | undefined {
  // Provisioned files name the address by a variable of the environment.
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
