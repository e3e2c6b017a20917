import { Button, Stack, Text } from '@grafana/ui';

import { addHeader, headersOf, nameHeader, removeHeader, secretsOf, type Settings } from './connection';
import { SecretField } from './SecretField';
import { TextField } from './TextField';

interface Props {
  options: Settings;
  onOptionsChange: (options: Settings) => void;
}

/** Headers that are sent with every request; their values are secrets. */
export function HeadersEditor({ options, onOptionsChange }: Props) {
  const secrets = secretsOf(options, onOptionsChange);
  const disabled = options.readOnly;
  const headers = headersOf(options);
  return (
    <Stack direction="column" gap={1}>
      <Text element="p">Custom headers</Text>
      {headers.map(({ number, name }, index) => (
        <Stack key={number} direction="row" gap={1} alignItems="flex-end" wrap="wrap">
          <TextField
            label={`Header ${index + 1}`}
            placeholder="X-Custom-Header"
            width={32}
            value={name}
            disabled={disabled}
            onChange={(value) => {
              onOptionsChange(nameHeader(options, number, value ?? ''));
            }}
          />
          <SecretField
            label="Value"
            value={secrets.typed(`httpHeaderValue${number}`)}
            isSet={secrets.isSet(`httpHeaderValue${number}`)}
            disabled={disabled}
            onChange={(value) => {
              secrets.set(`httpHeaderValue${number}`, value);
            }}
            onReset={() => {
              secrets.remove(`httpHeaderValue${number}`);
            }}
          />
          <Button
            icon="trash-alt"
            variant="secondary"
            fill="text"
            aria-label={`Remove header ${index + 1}`}
            tooltip="Remove this header"
            disabled={disabled}
            onClick={() => {
              onOptionsChange(removeHeader(options, number));
            }}
          />
        </Stack>
      ))}
      <div>
        <Button
          icon="plus"
          variant="secondary"
          disabled={disabled}
          onClick={() => {
            onOptionsChange(addHeader(options));
          }}
        >
          Add header
        </Button>
      </div>
    </Stack>
  );
}
