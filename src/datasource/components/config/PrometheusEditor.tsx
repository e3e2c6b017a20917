import type { DataSourcePluginOptionsEditorProps } from '@grafana/data';
import { Alert, Combobox, Field, InlineSwitch, Stack, Text } from '@grafana/ui';
import { type ReactNode, useId, useState } from 'react';

import type { HeadroomJsonData, HeadroomSecrets } from '../../types';
import { type AuthMethod, authMethod, secretsOf, switchAuth, urlProblem } from './connection';
import { HeadersEditor } from './HeadersEditor';
import { SecretField } from './SecretField';
import { NumberField, TextField } from './TextField';

type Props = DataSourcePluginOptionsEditorProps<HeadroomJsonData, HeadroomSecrets>;
type SecretName = keyof HeadroomSecrets;

const METHODS: { value: AuthMethod; label: string; description: string }[] = [
  { value: 'none', label: 'None', description: 'Anyone who reaches it may ask it' },
  { value: 'basic', label: 'User and password', description: 'Basic authentication' },
  { value: 'token', label: 'Bearer token', description: 'Such as the token of a Kubernetes service account' },
];
const HTTP_METHODS = [
  { value: 'POST', label: 'POST', description: 'For expressions of any length' },
  { value: 'GET', label: 'GET', description: 'Where a proxy allows nothing else' },
];

/** The connection to Prometheus: address, authentication and TLS. */
export function PrometheusEditor({ options, onOptionsChange }: Props) {
  const { jsonData, readOnly: disabled } = options;
  const secrets = secretsOf(options, onOptionsChange);
  const methodId = useId();
  const httpId = useId();
  const set = (part: Partial<HeadroomJsonData>) => {
    onOptionsChange({ ...options, jsonData: { ...jsonData, ...part } });
  };
  const secret = (name: SecretName, label: string, more: { description?: string; placeholder?: string } = {}) => (
    <SecretField
      label={label}
      {...more}
      lines={name.startsWith('tls')}
      value={secrets.typed(name)}
      isSet={secrets.isSet(name)}
      disabled={disabled}
      onChange={(value) => {
        secrets.set(name, value);
      }}
      onReset={() => {
        secrets.remove(name);
      }}
    />
  );
  // A state of its own: the settings do not contain the method "token" until a token has been typed.
  const [method, setMethod] = useState(() => authMethod(options));
  const url = jsonData.prometheusUrl;
  return (
    <>
      <TextField
        label="Address"
        description="As the Grafana server reaches it, with the path of the API’s root where there is one."
        placeholder="http://prometheus.monitoring:9090"
        width={60}
        value={url}
        error={urlProblem(url)}
        disabled={disabled}
        onChange={(prometheusUrl) => {
          set({ prometheusUrl });
        }}
      />
      <Field label="Authentication" htmlFor={methodId} noMargin>
        <Combobox
          id={methodId}
          options={METHODS}
          value={method}
          width={60}
          disabled={disabled}
          onChange={({ value }) => {
            setMethod(value);
            onOptionsChange(switchAuth(options, value));
          }}
        />
      </Field>
      {method === 'basic' && (
        <>
          <TextField
            label="User"
            width={60}
            value={jsonData.basicAuthUser ?? (options.basicAuth ? options.basicAuthUser : undefined)}
            disabled={disabled}
            onChange={(basicAuthUser) => {
              // An empty name instead of `undefined`, so that the method stays chosen.
              set({ basicAuthUser: basicAuthUser ?? '' });
            }}
          />
          {secret('basicAuthPassword', 'Password')}
        </>
      )}
      {method === 'token' && secret('prometheusToken', 'Token', { description: 'Without the word Bearer.' })}
      <Group title="TLS">
        <Toggle
          label="Own certificate authority"
          value={jsonData.tlsAuthWithCACert === true}
          disabled={disabled}
          onChange={(tlsAuthWithCACert) => {
            set({ tlsAuthWithCACert });
          }}
        />
        {jsonData.tlsAuthWithCACert === true &&
          secret('tlsCACert', 'Certificate of the authority', { placeholder: '-----BEGIN CERTIFICATE-----' })}
        <Toggle
          label="Client certificate"
          value={jsonData.tlsAuth === true}
          disabled={disabled}
          onChange={(tlsAuth) => {
            set({ tlsAuth });
          }}
        />
        {jsonData.tlsAuth === true && (
          <>
            {secret('tlsClientCert', 'Client certificate', { placeholder: '-----BEGIN CERTIFICATE-----' })}
            {secret('tlsClientKey', 'Client key', { placeholder: '-----BEGIN PRIVATE KEY-----' })}
          </>
        )}
        <Toggle
          label="Skip the check of the server’s certificate"
          value={jsonData.tlsSkipVerify === true}
          disabled={disabled}
          onChange={(tlsSkipVerify) => {
            set({ tlsSkipVerify });
          }}
        />
        {jsonData.tlsSkipVerify === true && (
          <Alert
            severity="warning"
            title="Whoever is in between can read the secrets above and answer instead of the server"
          />
        )}
      </Group>
      <Group title="Requests">
        <TextField
          label="Tenant"
          description="Sent as X-Scope-OrgID, for Mimir, Cortex and multi-tenant Thanos."
          width={60}
          value={jsonData.prometheusTenant}
          disabled={disabled}
          onChange={(prometheusTenant) => {
            set({ prometheusTenant });
          }}
        />
        <HeadersEditor options={options} onOptionsChange={onOptionsChange} />
        <TextField
          label="Query parameters"
          description="Sent with every query."
          placeholder="namespace=prod&dedup=true"
          width={60}
          value={jsonData.customQueryParameters}
          disabled={disabled}
          onChange={(customQueryParameters) => {
            set({ customQueryParameters });
          }}
        />
        <Stack direction="row" gap={2} wrap="wrap">
          <Field label="HTTP method" htmlFor={httpId} noMargin>
            <Combobox
              id={httpId}
              options={HTTP_METHODS}
              value={jsonData.httpMethod ?? 'POST'}
              width={16}
              disabled={disabled}
              onChange={({ value }) => {
                set({ httpMethod: value });
              }}
            />
          </Field>
          <NumberField
            label="Timeout (s)"
            min={1}
            step={1}
            width={16}
            placeholder="30"
            value={jsonData.prometheusTimeoutSeconds}
            disabled={disabled}
            onChange={(prometheusTimeoutSeconds) => {
              set({ prometheusTimeoutSeconds });
            }}
          />
          <TextField
            label="Scrape interval"
            placeholder="As seen in the data"
            width={24}
            value={jsonData.timeInterval}
            disabled={disabled}
            onChange={(timeInterval) => {
              set({ timeInterval });
            }}
          />
        </Stack>
      </Group>
    </>
  );
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Stack direction="column" gap={2}>
      <Text element="h4">{title}</Text>
      {children}
    </Stack>
  );
}

interface ToggleProps {
  label: string;
  value: boolean;
  disabled: boolean | undefined;
  onChange: (value: boolean) => void;
}

function Toggle({ label, value, disabled, onChange }: ToggleProps) {
  const id = useId();
  return (
    <Field label={label} htmlFor={id} noMargin>
      <InlineSwitch
        id={id}
        value={value}
        disabled={disabled}
        onChange={({ currentTarget }) => {
          onChange(currentTarget.checked);
        }}
      />
    </Field>
  );
}
