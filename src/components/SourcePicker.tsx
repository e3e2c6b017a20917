import { Combobox, Field } from '@grafana/ui';
import { useId } from 'react';

interface Props {
  sources: { uid: string; name: string }[];
  uid: string;
  onChange: (uid: string) => void;
}

/** Chooses the Headroom data source that a page shows. */
export function SourcePicker({ sources, uid, onChange }: Props) {
  const id = useId();
  return (
    <Field label="Data source" htmlFor={id} noMargin>
      <Combobox
        id={id}
        options={sources.map((source) => ({ value: source.uid, label: source.name }))}
        value={uid}
        width={32}
        onChange={({ value }) => {
          onChange(value);
        }}
      />
    </Field>
  );
}
