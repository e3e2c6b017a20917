import { Field, Input, TextArea } from '@grafana/ui';
import { useId, useState } from 'react';

interface Props {
  label: string;
  description?: string;
  placeholder?: string;
  value: string | undefined;
  width?: number;
  /** Several lines of code instead of one line of text. */
  code?: boolean;
  /** What is wrong with a text; `undefined` for nothing. */
  problem?: (text: string) => string | undefined;
  /** Called when the user has finished typing; an emptied field is `undefined`. */
  onChange: (value: string | undefined) => void;
}

/** A text that counts when it is finished: half an expression is not worth a query. */
export function DraftField(props: Props) {
  // Another text from outside starts the field afresh.
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
