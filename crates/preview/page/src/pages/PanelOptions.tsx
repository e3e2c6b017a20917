/** The options that a panel registers, in Grafana's own editors. */

import { css } from '@emotion/css';
import {
  type GrafanaTheme2,
  PanelOptionsEditorBuilder,
  type PanelOptionsEditorItem,
  type PanelPlugin,
  type PanelPluginMeta,
} from '@grafana/data';
import { Alert, Field, JSONFormatter, LoadingPlaceholder, useStyles2 } from '@grafana/ui';
import { cloneDeep, get, set } from 'lodash';
import { useEffect, useState } from 'react';

import { importPanelPlugin } from '../plugins/loader';

type Options = Record<string, unknown>;

export function PanelOptions({ meta }: { meta: PanelPluginMeta }) {
  const [plugin, setPlugin] = useState<PanelPlugin>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    let mounted = true;
    importPanelPlugin(meta.id)
      .then((loaded) => mounted && setPlugin(loaded))
      .catch((error: unknown) => mounted && setProblem(String(error)));
    return () => {
      mounted = false;
    };
  }, [meta.id]);
  if (problem !== undefined) {
    return <Alert title="The panel cannot be loaded">{problem}</Alert>;
  }
  return plugin ? <OptionsPane plugin={plugin} /> : <LoadingPlaceholder text="Loading the panel…" />;
}

function itemsOf(plugin: PanelPlugin, options: Options): PanelOptionsEditorItem[] {
  const builder = new PanelOptionsEditorBuilder<Options>();
  plugin.getPanelOptionsSupplier()(builder as PanelOptionsEditorBuilder<unknown>, { data: [], options });
  return builder.getItems();
}

function OptionsPane({ plugin }: { plugin: PanelPlugin }) {
  const styles = useStyles2(getStyles);
  const [options, setOptions] = useState<Options>(() => cloneDeep(plugin.defaults));
  const shown = itemsOf(plugin, options).filter((item) => item.showIf?.(options, []) !== false);
  const categories = [...new Set(shown.map((item) => item.category?.[0] ?? plugin.meta.name))];
  return (
    <div className={styles.columns} data-testid="panel-options">
      <div className={styles.pane}>
        {categories.map((category) => (
          <section key={category}>
            <h2 className={styles.title}>{category}</h2>
            {shown
              .filter((item) => (item.category?.[0] ?? plugin.meta.name) === category)
              .map((item) => (
                <Option key={item.id} item={item} options={options} onChange={setOptions} />
              ))}
          </section>
        ))}
        {shown.length === 0 && 'The panel registers no options.'}
      </div>
      <div className={styles.pane}>
        <h2 className={styles.title}>Options as saved</h2>
        <JSONFormatter json={options} open={2} />
      </div>
    </div>
  );
}

interface OptionProps {
  item: PanelOptionsEditorItem;
  options: Options;
  onChange: (options: Options) => void;
}

function Option({ item, options, onChange }: OptionProps) {
  const Editor = item.editor as React.ComponentType<object>;
  const id = `option-${item.id}`;
  return (
    <Field label={item.name} description={item.description} htmlFor={id} noMargin={false}>
      <Editor
        {...{
          id,
          item,
          value: get(options, item.path, item.defaultValue) as unknown,
          onChange: (value: unknown) => onChange(set(cloneDeep(options), item.path, value)),
          context: { data: [], options },
        }}
      />
    </Field>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  columns: css({ display: 'grid', gap: theme.spacing(2), gridTemplateColumns: 'minmax(320px, 420px) 1fr' }),
  pane: css({
    background: theme.colors.background.primary,
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    padding: theme.spacing(2),
  }),
  title: css({ ...theme.typography.h5, marginBottom: theme.spacing(2) }),
});
