import { Field, Stack, Text } from '@grafana/ui';
import { useId } from 'react';

import { limitsProblem } from '../../query/limits';
import { CUSTOM_SLO, type CustomSlo } from '../../../generated/contract';
import { LimitsInput } from '../LimitsInput';
import { ListEditor } from './ListEditor';
import { TextField } from './TextField';

interface Props {
  slos: CustomSlo[];
  disabled: boolean;
  onChange: (slos: CustomSlo[]) => void;
}

/** Service levels of the user's own, beside the presets. */
export function SlosEditor({ slos, disabled, onChange }: Props) {
  return (
    <ListEditor
      items={slos}
      noun="service level"
      empty={<Text color="secondary">None of your own: queries choose among the presets.</Text>}
      blank={() => ({ id: '', name: '', source: '', limits: [] })}
      disabled={disabled}
      onChange={onChange}
    >
      {(slo, change, index) => (
        <Stack direction="row" wrap="wrap" gap={2} alignItems="flex-start">
          <TextField
            label="Id"
            placeholder="chat-eu"
            width={20}
            required
            value={slo.id}
            error={idProblem(slos, index)}
            disabled={disabled}
            onChange={(id) => {
              change({ ...slo, id: id ?? '' });
            }}
          />
          <TextField
            label="Name"
            placeholder="Chat, Europe"
            width={28}
            value={slo.name}
            disabled={disabled}
            onChange={(name) => {
              change({ ...slo, name: name ?? '' });
            }}
          />
          <Limits
            limits={slo.limits}
            disabled={disabled}
            onChange={(limits) => {
              change({ ...slo, limits });
            }}
          />
          <TextField
            label="Source"
            placeholder="Who agreed on it, and when"
            width={40}
            value={slo.source}
            disabled={disabled}
            onChange={(source) => {
              change({ ...slo, source: source ?? '' });
            }}
          />
        </Stack>
      )}
    </ListEditor>
  );
}

function idProblem(slos: CustomSlo[], index: number): string | undefined {
  const id = slos[index]?.id.trim() ?? '';
  if (id === '') {
    return 'Expected a short id, for example chat-eu.';
  }
  if (id === CUSTOM_SLO) {
    return `“${CUSTOM_SLO}” stands for limits typed into a query: choose another id.`;
  }
  return slos.findIndex((slo) => slo.id.trim() === id) === index
    ? undefined
    : `“${id}” is used above: choose another id.`;
}

function Limits({
  limits,
  disabled,
  onChange,
}: Pick<CustomSlo, 'limits'> & { disabled: boolean; onChange: (limits: string[]) => void }) {
  const id = useId();
  const problem = limitsProblem(limits);
  return (
    <Field
      label="Limits, all of which must hold"
      htmlFor={id}
      required
      invalid={problem !== undefined}
      error={problem}
      noMargin
    >
      <LimitsInput
        id={id}
        limits={limits}
        invalid={problem !== undefined}
        disabled={disabled}
        width={50}
        onChange={onChange}
      />
    </Field>
  );
}
