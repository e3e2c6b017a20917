import { Field, Input } from '@grafana/ui';
import { useId } from 'react';

interface Props {
  label: string;
  description?: string;
  value: string | undefined;
  placeholder?: string;
  disabled: boolean;
  required?: boolean;
  /** What is wrong with the value. */
  error?: string;
  width?: number;
  type?: 'text' | 'date';
  /** Called with `undefined` if the field is empty. */
  onChange: (value: string | undefined) => void;
}

/** A labelled line of text. */
export function TextField({
  label,
  description,
  value,
  placeholder,
  required,
  error,
  disabled,
  onChange,
  ...input
}: Props) {
  const id = useId();
  return (
    <Field
      label={label}
      description={description}
      htmlFor={id}
      required={required}
      invalid={error !== undefined}
      error={error}
      noMargin
    >
      <Input
        {...input}
        id={id}
        value={value ?? ''}
        // No placeholder in a disabled field: it would look like the field's value.
        placeholder={disabled ? undefined : placeholder}
        disabled={disabled}
        onChange={(event) => {
          onChange(event.currentTarget.value === '' ? undefined : event.currentTarget.value);
        }}
      />
    </Field>
  );
}

interface NumberProps extends Omit<Props, 'value' | 'onChange' | 'type'> {
  value: number | undefined;
  min: number;
  step: number | 'any';
  onChange: (value: number | undefined) => void;
}

/** A labelled number. */
export function NumberField({ label, description, value, error, required, disabled, onChange, ...input }: NumberProps) {
  const id = useId();
  return (
    <Field
      label={label}
      description={description}
      htmlFor={id}
      required={required}
      invalid={error !== undefined}
      error={error}
      noMargin
    >
      <Input
        {...input}
        id={id}
        type="number"
        value={value ?? ''}
        disabled={disabled}
        onChange={(event) => {
          const number = event.currentTarget.valueAsNumber;
          onChange(Number.isFinite(number) ? number : undefined);
        }}
      />
    </Field>
  );
}
