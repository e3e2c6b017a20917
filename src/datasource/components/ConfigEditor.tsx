import type { DataSourcePluginOptionsEditorProps } from '@grafana/data';
import { Combobox, Divider, Field, InlineSwitch, Stack, Text } from '@grafana/ui';
import { type ReactNode, useCallback, useId } from 'react';

import { fetchResource } from '../resourceClient';
import { Resource, type SloChoice } from '../../generated/contract';
import type { HeadroomJsonData, HeadroomSecrets } from '../types';
import { DeploymentsEditor } from './config/DeploymentsEditor';
import { NextPage } from './config/NextPage';
import { PrometheusEditor } from './config/PrometheusEditor';
import { SlosEditor } from './config/SlosEditor';
import { StoreEditor } from './config/StoreEditor';
import { TextField } from './config/TextField';
import { useLoaded } from './useLoaded';

type Props = DataSourcePluginOptionsEditorProps<HeadroomJsonData, HeadroomSecrets>;

/** The data source's settings. A provisioned data source is shown and cannot be edited. */
export function ConfigEditor({ options, onOptionsChange }: Props) {
  const { jsonData, readOnly, uid } = options;
  const sloId = useId();
  const uploadId = useId();
  const slos = useLoaded(useCallback(() => fetchResource<SloChoice[]>(uid, Resource.Slos), [uid]));
  const set = (part: Partial<HeadroomJsonData>) => {
    onOptionsChange({ ...options, jsonData: { ...jsonData, ...part } });
  };
  const disabled = readOnly;
  const own = jsonData.slos ?? [];
  return (
    <Stack direction="column" gap={3}>
      <NextPage uid={uid} />
      <Section
        title="Reports"
        text="Where your benchmark reports are. New and changed files are found by themselves; a file that cannot be read is
          named on the Runs page and stops nothing else."
      >
        <StoreEditor options={options} onOptionsChange={onOptionsChange} />
        {(jsonData.storeKind ?? 'directory') === 'directory' && (
          <Field
            label="Allow upload"
            description="Editors, Admins and service accounts with such a role may then send reports, which become files in this folder;
              Grafana's user needs to be allowed to write to it. Nothing is ever overwritten."
            htmlFor={uploadId}
            noMargin
          >
            <InlineSwitch
              id={uploadId}
              value={jsonData.allowUpload ?? false}
              disabled={disabled}
              onChange={({ currentTarget }) => {
                set({ allowUpload: currentTarget.checked });
              }}
            />
          </Field>
        )}
        <TextField
          label="Catalog file"
          description="Where parsed runs are kept, so that each report is read once. Leave empty for the default; it can be deleted at
            any time and is built again."
          placeholder="default"
          width={60}
          value={jsonData.catalogPath}
          disabled={disabled}
          onChange={(catalogPath) => {
            set({ catalogPath });
          }}
        />
      </Section>
      <Divider spacing={0} />
      <Section
        title="Prometheus"
        text="Where the metrics of your model servers are: a Prometheus, or what speaks its API (Thanos, Mimir, VictoriaMetrics). With it
          production is drawn on the measured curve and the headroom is known. Without it, benchmarks are shown alone."
      >
        <PrometheusEditor options={options} onOptionsChange={onOptionsChange} />
      </Section>
      <Divider spacing={0} />
      <Section
        title="Service levels"
        text="The limits that say when a deployment is broken. Published definitions disagree, so every answer names the one it used."
      >
        <Field
          label="Default"
          description={
            slos.error === undefined
              ? 'Judges every query that does not choose its own.'
              : `Judges every query that does not choose its own. The presets could not be listed: ${slos.error}`
          }
          htmlFor={sloId}
          noMargin
        >
          <Combobox
            id={sloId}
            options={defaultChoices(slos.value ?? [], own)}
            value={jsonData.defaultSlo ?? null}
            placeholder="The first preset"
            loading={slos.loading}
            isClearable
            createCustomValue
            width={60}
            disabled={disabled}
            onChange={(option) => {
              set({ defaultSlo: option?.value });
            }}
          />
        </Field>
        <SlosEditor
          slos={own}
          disabled={disabled}
          onChange={(edited) => {
            set({ slos: edited });
          }}
        />
      </Section>
      <Divider spacing={0} />
      <Section
        title="Deployments"
        text="What reports do not say: which model, quantization and hardware was measured, and what it costs. The first entry that
          matches a run wins. What stays empty stays unknown. These entries come before those of a deployments.yaml in the store."
      >
        <DeploymentsEditor
          deployments={jsonData.deployments ?? []}
          disabled={disabled}
          onChange={(deployments) => {
            set({ deployments });
          }}
        />
      </Section>
    </Stack>
  );
}

function Section({ title, text, children }: { title: string; text: string; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <Stack direction="column" gap={2}>
        <Stack direction="column" gap={0.5}>
          <Text element="h3">{title}</Text>
          <Text element="p" color="secondary">
            {text}
          </Text>
        </Stack>
        {children}
      </Stack>
    </section>
  );
}

/** The service levels that are saved, and those in the editor that are not saved yet. */
function defaultChoices(saved: SloChoice[], own: { id: string; name: string; limits: string[] }[]) {
  const typed = own.filter(({ id }) => id !== '');
  return [
    ...saved
      .filter((slo) => !typed.some(({ id }) => id === slo.id))
      .map(({ id, name, limits }) => ({
        value: id,
        label: name,
        description: limits.map(({ label }) => label).join(' and '),
      })),
    ...typed.map(({ id, name, limits }) => ({ value: id, label: name || id, description: limits.join(' and ') })),
  ];
}
