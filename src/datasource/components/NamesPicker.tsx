import { Field, MultiCombobox, type ComboboxOption } from '@grafana/ui';
import { useId } from 'react';

interface Props {
  label: string;
  description?: string;
  /** Shown while nothing is chosen; says what an empty choice means. */
  placeholder: string;
  options: readonly ComboboxOption[];
  /** Template variables that can be chosen too, as `$name`. */
  variables?: string[];
  loading: boolean;
  value: string[] | undefined;
  onChange: (value: string[] | undefined) => void;
}

/** Chooses any number of names or template variables; a name that is not in the list can be typed. */
export function NamesPicker({ label, description, placeholder, options, variables, loading, value, onChange }: Props) {
  const id = useId();
  const offered = [
    ...(variables ?? []).map((name) => ({ value: name, label: name, description: 'Dashboard variable' })),
    ...options,
  ];
  const chosen = (value ?? []).map((name) => offered.find((option) => option.value === name) ?? { value: name });
  return (
    <Field label={label} description={description} htmlFor={id} noMargin>
      <MultiCombobox
        id={id}
        options={offered}
        value={chosen}
        placeholder={placeholder}
        loading={loading}
        isClearable
        createCustomValue
        width="auto"
        minWidth={24}
        maxWidth={60}
        onChange={(picked) => {
          onChange(picked.length > 0 ? picked.map((option) => option.value) : undefined);
        }}
      />
    </Field>
  );
}
