import type { DataSourcePluginOptionsEditorProps } from '@grafana/data';
import { Combobox, Field, Stack } from '@grafana/ui';
import { useId } from 'react';

import type { HeadroomJsonData, HeadroomSecrets } from '../../types';
import { secretsOf } from './connection';
import { SecretField } from './SecretField';
import { fieldsOf, secretsNeeded, STORE_KINDS, type StoreKind, storeAuths } from './stores';
import { NumberField, TextField } from './TextField';

type Props = DataSourcePluginOptionsEditorProps<HeadroomJsonData, HeadroomSecrets>;

/** Where reports are: the kind of store, its place and its credentials. */
export function StoreEditor({ options, onOptionsChange }: Props) {
  const { jsonData, readOnly: disabled } = options;
  const secrets = secretsOf(options, onOptionsChange);
  const kindId = useId();
  const authId = useId();
  const set = (part: Partial<HeadroomJsonData>) => {
    onOptionsChange({ ...options, jsonData: { ...jsonData, ...part } });
  };
  const kind = (jsonData.storeKind ?? 'directory') as StoreKind;
  const auths = storeAuths(kind);
  const auth = jsonData.storeAuth ?? auths[0]?.value;
  return (
    <>
      <Field label="Kind of store" htmlFor={kindId} noMargin>
        <Combobox
          id={kindId}
          options={STORE_KINDS}
          value={kind}
          width={60}
          disabled={disabled}
          onChange={({ value }) => {
            set({ storeKind: value, storeAuth: undefined });
          }}
        />
      </Field>
      {fieldsOf(kind).map(({ key, required, missing, ...field }) => (
        <TextField
          key={key}
          {...field}
          width={60}
          required={required}
          value={jsonData[key]}
          error={required && jsonData[key] === undefined ? missing : undefined}
          disabled={disabled}
          onChange={(value) => {
            set({ [key]: value });
          }}
        />
      ))}
      {auths.length > 0 && (
        <Field label="Credentials" htmlFor={authId} noMargin>
          <Combobox
            id={authId}
            options={auths}
            value={auth ?? null}
            width={60}
            disabled={disabled}
            onChange={({ value }) => {
              set({ storeAuth: value });
            }}
          />
        </Field>
      )}
      {secretsNeeded(kind, auth).map(({ key, ...field }) => (
        <SecretField
          key={key}
          {...field}
          value={secrets.typed(key)}
          isSet={secrets.isSet(key)}
          disabled={disabled}
          onChange={(value) => {
            secrets.set(key, value);
          }}
          onReset={() => {
            secrets.remove(key);
          }}
        />
      ))}
      {kind !== 'directory' && (
        <Stack direction="row" gap={2} wrap="wrap">
          <NumberField
            label="Timeout (s)"
            description="How long the server may be silent."
            min={1}
            step={1}
            width={24}
            placeholder="30"
            value={jsonData.storeTimeoutSeconds}
            disabled={disabled}
            onChange={(storeTimeoutSeconds) => {
              set({ storeTimeoutSeconds });
            }}
          />
        </Stack>
      )}
    </>
  );
}
