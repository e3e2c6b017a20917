import { Field, Input, TextArea } from '@grafana/ui';
import { useId, useState } from 'react';

interface Props {
  label: string;
  description?: string;
  placeholder?: string;
  value: string | undefined;
  width?: number;
  /** Whether to edit several lines of code instead of one line of text. */
  code?: boolean;
  /** What is wrong with a text; `undefined` if nothing is. */
  problem?: (text: string) => string | undefined;
  /** Called when the user has finished typing, with `undefined` if the field is empty. */
  onChange: (value: string | undefined) => void;
}

/**
 * A text field that reports its value only when the user has finished typing, so that half an expression is never
 * queried.
 */
export function DraftField(props: Props) {
  // The key restarts the draft when the value changes from outside.
  return <Draft key={props.value} {...props} />;
}

function Draft({ label, description, value = '', width, placeholder, code = false, problem, onChange }: Props) {
  const id = useId();
  const [draft, setDraft] = useState(value);
  const error = problem?.(draft);
  const commit = () => {
    if (draft !== value) {
      onChange(draft.trim() === '' ? undefined : draft.trim());
    }
  };
  const common = {
    id,
    value: draft,
    placeholder,
    onBlur: commit,
    onChange: ({ currentTarget }: { currentTarget: { value: string } }) => {
      setDraft(currentTarget.value);
    },
  };
  return (
    <Field label={label} description={description} htmlFor={id} invalid={error !== undefined} error={error} noMargin>
      {code ? (
        <TextArea
          {...common}
          rows={3}
          cols={80}
          spellCheck={false}
          style={{ fontFamily: 'monospace' }}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.shiftKey || event.ctrlKey || event.metaKey)) {
              event.preventDefault();
              commit();
            }
          }}
        />
      ) : (
        <Input
          {...common}
          width={width}
          onKeyDown={(event) => {
            if (event.key === 'Enter') {
              commit();
            }
          }}
        />
      )}
    </Field>
  );
}
