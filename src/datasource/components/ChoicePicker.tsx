import { Combobox, Field, type ComboboxOption } from '@grafana/ui';
import { useId } from 'react';

interface Props {
  label: string;
  /** The value that applies while nothing is chosen. Without it a choice cannot be cleared. */
  fallback?: string;
  options: readonly ComboboxOption[];
  variables: string[];
  value: string | undefined;
  disabled?: boolean;
  loading?: boolean;
  width?: number;
  onChange: (value: string | undefined) => void;
}

/** Chooses one value or a template variable. */
export function ChoicePicker(props: Props) {
  const { label, fallback, options, variables, value, disabled, loading, width = 24, onChange } = props;
  const id = useId();
  const offered = [
    ...options,
    ...variables.map((name) => ({ value: name, label: name, description: 'Dashboard variable' })),
  ];
  const known = offered.find((option) => option.value === value);
  const common = {
    id,
    options: offered,
    value: value === undefined ? null : (known ?? { value, label: value }),
    disabled,
    loading,
    width,
    createCustomValue: variables.length > 0,
  };
  return (
    <Field label={label} htmlFor={id} noMargin>
      {fallback === undefined ? (
        <Combobox
          {...common}
          onChange={(option) => {
            onChange(option.value);
          }}
        />
      ) : (
        <Combobox
          {...common}
          placeholder={fallback}
          isClearable
          onChange={(option) => {
            onChange(option?.value);
          }}
        />
      )}
    </Field>
  );
}
