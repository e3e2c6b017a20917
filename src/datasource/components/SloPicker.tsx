import { Field, Stack, Text } from '@grafana/ui';
import { useId } from 'react';

import { CUSTOM_SLO, type SloChoice } from '../../generated/contract';
import { limitsProblem, limitsToText } from '../query/limits';
import { ChoicePicker } from './ChoicePicker';
import { LimitsInput } from './LimitsInput';

interface Props {
  slos: SloChoice[];
  variables: string[];
  loading: boolean;
  slo: string | undefined;
  limits: string[] | undefined;
  onChange: (part: { slo: string | undefined; limits: string[] | undefined }) => void;
}

/** Chooses the limits of verdicts. Each service level shows who defined it, because definitions of "broken" differ. */
export function SloPicker({ slos, variables, loading, slo, limits, onChange }: Props) {
  const id = useId();
  const byDefault = slos.find((candidate) => candidate.default);
  const chosen = slo === undefined ? byDefault : slos.find((candidate) => candidate.id === slo);
  const problem = slo === CUSTOM_SLO ? limitsProblem(limits ?? []) : undefined;
  const options = [
    ...slos.map(({ id: value, name, limits: each }) => ({
      value,
      label: name,
      description: each.map(({ label }) => label).join(' and '),
    })),
    { value: CUSTOM_SLO, label: 'Custom limits', description: 'Limits of this query alone' },
  ];
  return (
    <>
      <ChoicePicker
        label="Judge by"
        fallback={byDefault ? `Default: ${byDefault.name}` : 'The data source’s default'}
        options={options}
        variables={variables}
        value={slo}
        loading={loading}
        width={40}
        onChange={(value) => {
          // Custom limits start from those of the service level that was chosen before.
          onChange({
            slo: value,
            limits: value === CUSTOM_SLO ? (limits ?? limitsToText(chosen?.limits ?? [])) : undefined,
          });
        }}
      />
      {slo === CUSTOM_SLO && (
        <Field
          label="Limits, all of which must hold"
          htmlFor={id}
          invalid={problem !== undefined}
          error={problem}
          noMargin
        >
          <LimitsInput
            id={id}
            limits={limits ?? []}
            invalid={problem !== undefined}
            width={60}
            onChange={(edited) => {
              onChange({ slo: CUSTOM_SLO, limits: edited });
            }}
          />
        </Field>
      )}
      {chosen && (
        <Stack direction="column" gap={0}>
          <Text variant="bodySmall">{chosen.limits.map(({ label }) => label).join(' and ')}</Text>
          <Text variant="bodySmall" color="secondary">
            Source: {chosen.source}
          </Text>
        </Stack>
      )}
    </>
  );
}
