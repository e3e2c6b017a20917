import { Field, SecretInput, SecretTextArea } from '@grafana/ui';
import { useId } from 'react';

interface Props {
  label: string;
  description?: string;
  placeholder?: string;
  /** What has been typed and is not saved yet; the server never sends a saved secret. */
  value: string | undefined;
  /** Whether a secret is saved. */
  isSet: boolean;
  /** Whether the secret has several lines, such as a certificate. */
  lines?: boolean;
  disabled: boolean;
  error?: string;
  onChange: (value: string) => void;
  onReset: () => void;
}

/** A secret: it can be set and removed, but not read. */
export function SecretField(props: Props) {
  const { label, description, placeholder, value, isSet, lines = false, disabled, error, onChange, onReset } = props;
  const id = useId();
  const common = {
    id,
    value: value ?? '',
    isConfigured: isSet,
    disabled,
    placeholder: disabled ? undefined : placeholder,
    onReset,
    onChange: ({ currentTarget }: { currentTarget: { value: string } }) => {
      onChange(currentTarget.value);
    },
  };
  return (
    <Field label={label} description={description} htmlFor={id} invalid={error !== undefined} error={error} noMargin>
      {lines ? <SecretTextArea {...common} rows={4} cols={60} /> : <SecretInput {...common} width={60} />}
    </Field>
  );
}
