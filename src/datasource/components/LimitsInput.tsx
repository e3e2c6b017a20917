import { Input } from '@grafana/ui';
import { useState } from 'react';

import { joinLimits, splitLimits } from '../query/limits';

interface Props {
  id?: string;
  'aria-label'?: string;
  limits: string[];
  disabled?: boolean;
  invalid?: boolean;
  width?: number;
  /** Called when the user has finished typing. */
  onChange: (limits: string[]) => void;
}

/** A list of limits as one line of text. */
export function LimitsInput(props: Props) {
  const text = joinLimits(props.limits);
  // The key restarts the draft when the limits change from outside.
  return <Draft key={text} {...props} text={text} />;
}

function Draft({ limits: _limits, text, onChange, ...input }: Props & { text: string }) {
  const [draft, setDraft] = useState(text);
  const commit = () => {
    if (draft !== text) {
      onChange(splitLimits(draft));
    }
  };
  return (
    <Input
      {...input}
      value={draft}
      placeholder={input.disabled === true ? undefined : 'ttft_p95=1000ms, itl_p95=50ms'}
      onChange={(event) => {
        setDraft(event.currentTarget.value);
      }}
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.key === 'Enter') {
          commit();
        }
      }}
    />
  );
}
