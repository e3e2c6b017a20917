import { Stack, Text } from '@grafana/ui';

import type { DeploymentFacts, DeploymentMatch, Price } from '../../../generated/contract';
import { ListEditor } from './ListEditor';
import { NumberField, TextField } from './TextField';

interface Props {
  deployments: DeploymentFacts[];
  disabled: boolean;
  onChange: (deployments: DeploymentFacts[]) => void;
}

/** Facts about deployments that benchmark reports do not contain. */
export function DeploymentsEditor({ deployments, disabled, onChange }: Props) {
  return (
    <ListEditor
      items={deployments}
      noun="deployment"
      empty={
        <Text color="secondary">
          Nothing is known but what the reports and the store’s deployments.yaml say. Costs need a price.
        </Text>
      }
      blank={(): DeploymentFacts => ({ match: {} })}
      disabled={disabled}
      onChange={onChange}
    >
      {(facts, change) => <Facts facts={facts} disabled={disabled} onChange={change} />}
    </ListEditor>
  );
}

/** Removes emptied fields, so that an unknown fact is absent instead of an empty text. */
function compact<T extends object>(value: T): T {
  const copy = { ...value };
  for (const key of Object.keys(copy) as (keyof T)[]) {
    if (copy[key] === undefined) {
      Reflect.deleteProperty(copy, key);
    }
  }
  return copy;
}

interface FactsProps {
  facts: DeploymentFacts;
  disabled: boolean;
  onChange: (facts: DeploymentFacts) => void;
}

function Facts({ facts, disabled, onChange }: FactsProps) {
  const match = facts.match ?? {};
  const set = (part: Partial<DeploymentFacts>) => {
    onChange(compact({ ...facts, ...part }));
  };
  const setMatch = (part: DeploymentMatch) => {
    set({ match: compact({ ...match, ...part }) });
  };
  const setPrice = (part: Price) => {
    const price = compact({ ...facts.price, ...part });
    set({ price: Object.keys(price).length > 0 ? price : undefined });
  };
  const text = (label: string, key: 'name' | 'model' | 'quantization' | 'hardware' | 'engine', placeholder: string) => (
    <TextField
      label={label}
      placeholder={placeholder}
      width={22}
      value={facts[key]}
      disabled={disabled}
      onChange={(value) => {
        set({ [key]: value });
      }}
    />
  );
  const which = (label: string, key: 'path' | 'model' | 'run', placeholder: string, error?: string) => (
    <TextField
      label={label}
      placeholder={placeholder}
      width={22}
      value={match[key]}
      error={error}
      disabled={disabled}
      onChange={(value) => {
        setMatch({ [key]: value });
      }}
    />
  );
  const price = (
    label: string,
    key: 'source' | 'region' | 'date',
    placeholder: string,
    type: 'text' | 'date' = 'text',
  ) => (
    <TextField
      label={label}
      placeholder={placeholder}
      type={type}
      width={22}
      value={facts.price?.[key]}
      disabled={disabled}
      onChange={(value) => {
        setPrice({ [key]: value });
      }}
    />
  );
  const matchesNothing = Object.keys(match).length === 0;
  const dollars = facts.price?.dollars_per_hour;
  return (
    <Stack direction="column" gap={2}>
      <Stack direction="row" wrap="wrap" gap={2} alignItems="flex-start">
        {text('Deployment name', 'name', 'mistral-small-int4')}
        {which(
          'Reports whose path matches',
          'path',
          'mistral-small-int4/**',
          matchesNothing ? 'Expected a path, a model or a run to match.' : undefined,
        )}
        {which('and whose model matches', 'model', 'mistral*')}
        {which('and run id', 'run', 'from the Runs page')}
      </Stack>
      <Stack direction="row" wrap="wrap" gap={2} alignItems="flex-start">
        {text('Model', 'model', 'Mistral Small 24B')}
        {text('Quantization', 'quantization', 'bf16, fp8, w4a16')}
        {text('Hardware', 'hardware', 'NVIDIA L4')}
        {text('Serving engine', 'engine', 'vllm 0.32.0')}
        <NumberField
          label="GPUs of one replica"
          min={1}
          step={1}
          width={22}
          value={facts.gpus}
          error={
            facts.gpus === undefined || (Number.isInteger(facts.gpus) && facts.gpus > 0)
              ? undefined
              : 'Expected 1 or more.'
          }
          disabled={disabled}
          onChange={(gpus) => {
            set({ gpus });
          }}
        />
      </Stack>
      <Stack direction="row" wrap="wrap" gap={2} alignItems="flex-start">
        <NumberField
          label="US$ per hour, one replica"
          min={0}
          step="any"
          width={22}
          value={dollars}
          error={
            facts.price !== undefined && (dollars === undefined || dollars <= 0) ? 'Expected more than 0.' : undefined
          }
          disabled={disabled}
          onChange={(value) => {
            setPrice({ dollars_per_hour: value });
          }}
        />
        {price('Price source', 'source', 'AWS on-demand list')}
        {price('Price region', 'region', 'us-east-1')}
        {price('Price date', 'date', '', 'date')}
      </Stack>
    </Stack>
  );
}
