/** The option editors that panel plugins name by their id (`addSelect`, `addNumberInput`, …), made of @grafana/ui. */

import {
  fieldReducers,
  type FieldNamePickerConfigSettings,
  getFieldDisplayName,
  type NumberFieldConfigSettings,
  type SelectableValue,
  type SelectFieldConfigSettings,
  type SliderFieldConfigSettings,
  type StandardEditorProps,
  standardEditorsRegistry,
  type StandardEditorsRegistryItem,
  type StatsPickerConfigSettings,
  type StringFieldConfigSettings,
} from '@grafana/data';
import {
  ColorPicker,
  Input,
  MultiSelect,
  RadioButtonGroup,
  Select,
  Slider,
  StatsPicker,
  Switch,
  TagsInput,
  TextArea,
  UnitPicker,
} from '@grafana/ui';
import { type ComponentType, useEffect, useState } from 'react';

/** An option that was never set has no value. */
type Editor<TValue, TSettings = object> = StandardEditorProps<TValue | undefined, TSettings>;

function TextEditor({ value, onChange, item, id }: Editor<string, StringFieldConfigSettings>) {
  const { placeholder, useTextarea, rows, maxLength } = item.settings ?? {};
  const common = {
    id,
    placeholder,
    maxLength,
    defaultValue: value ?? '',
    onBlur: (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value),
  };
  return useTextarea ? <TextArea {...common} rows={rows ?? 5} /> : <Input {...common} />;
}

function NumberEditor({ value, onChange, item, id }: Editor<number, NumberFieldConfigSettings>) {
  const { placeholder, min, max, step } = item.settings ?? {};
  return (
    <Input
      id={id}
      type="number"
      key={String(value)}
      defaultValue={value ?? ''}
      placeholder={placeholder}
      min={min}
      max={max}
      step={step}
      onBlur={(event) => {
        const number = event.currentTarget.valueAsNumber;
        onChange(Number.isNaN(number) ? undefined : number);
      }}
    />
  );
}

function BooleanEditor({ value, onChange, id }: Editor<boolean>) {
  return <Switch id={id} value={Boolean(value)} onChange={(event) => onChange(event.currentTarget.checked)} />;
}

/** A select's choices, which a plugin may compute from the data. */
type WithOptions<T> = Pick<Editor<T, SelectFieldConfigSettings<T>>, 'item' | 'context'>;

function useOptions<T>({ item, context }: WithOptions<T>): Array<SelectableValue<T>> {
  const { settings } = item;
  const [options, setOptions] = useState<Array<SelectableValue<T>>>(settings?.options ?? []);
  useEffect(() => {
    let mounted = true;
    void settings?.getOptions?.(context).then((loaded) => mounted && setOptions(loaded));
    return () => {
      mounted = false;
    };
  }, [settings, context]);
  return options;
}

function SelectEditor<T>(props: Editor<T, SelectFieldConfigSettings<T>>) {
  const { allowCustomValue, isClearable } = props.item.settings ?? {};
  return (
    <Select
      inputId={props.id}
      value={props.value}
      options={useOptions(props)}
      allowCustomValue={allowCustomValue}
      isClearable={isClearable}
      onChange={(chosen: SelectableValue<T> | null) => props.onChange(chosen?.value)}
    />
  );
}

function MultiSelectEditor<T>(props: Editor<T[], SelectFieldConfigSettings<T>>) {
  return (
    <MultiSelect
      inputId={props.id}
      value={props.value}
      options={useOptions(props)}
      allowCustomValue={props.item.settings?.allowCustomValue}
      onChange={(chosen) => props.onChange(chosen.flatMap((one) => (one.value === undefined ? [] : [one.value])))}
    />
  );
}

function RadioEditor<T>(props: Editor<T, SelectFieldConfigSettings<T>>) {
  return (
    <RadioButtonGroup
      id={props.id}
      fullWidth
      value={props.value}
      options={useOptions(props)}
      onChange={props.onChange}
    />
  );
}

function SliderEditor({ value, onChange, item }: Editor<number, SliderFieldConfigSettings>) {
  const { min = 0, max = 100, step } = item.settings ?? {};
  return (
    <Slider value={value ?? min} min={min} max={max} step={step} onAfterChange={(next) => onChange(next ?? min)} />
  );
}

function ColorEditor({ value, onChange }: Editor<string>) {
  return <ColorPicker color={value ?? 'text'} onChange={onChange} enableNamedColors />;
}

function UnitEditor({ value, onChange }: Editor<string>) {
  return <UnitPicker value={value} onChange={onChange} />;
}

function StringsEditor({ value, onChange, id }: Editor<string[]>) {
  return <TagsInput id={id} tags={value ?? []} onChange={onChange} />;
}

function StatsEditor({ value, onChange, item }: Editor<string[], StatsPickerConfigSettings>) {
  const { allowMultiple, defaultStat } = item.settings ?? {};
  return (
    <StatsPicker
      stats={value ?? []}
      onChange={onChange}
      allowMultiple={Boolean(allowMultiple)}
      defaultStat={defaultStat ?? fieldReducers.list()[0]?.id}
    />
  );
}

function fieldNames({ context, item }: Editor<string, FieldNamePickerConfigSettings>): Array<SelectableValue<string>> {
  const keep = item.settings?.filter ?? (() => true);
  const names = context.data.flatMap((frame) =>
    frame.fields.filter(keep).map((field) => getFieldDisplayName(field, frame, context.data)),
  );
  return [...new Set(names)].map((name) => ({ label: name, value: name }));
}

function FieldNameEditor(props: Editor<string, FieldNamePickerConfigSettings>) {
  return (
    <Select
      inputId={props.id}
      value={props.value}
      options={fieldNames(props)}
      isClearable={props.item.settings?.isClearable !== false}
      placeholder={props.item.settings?.placeholderText}
      noOptionsMessage={props.item.settings?.noFieldsMessage}
      onChange={(chosen: SelectableValue<string> | null) => props.onChange(chosen?.value)}
    />
  );
}

/** What needs the dashboard around it (links, thresholds, mappings) is shown and not edited. */
function ReadOnlyEditor({ value }: Editor<unknown>) {
  return <Input readOnly value={value === undefined ? 'not set' : JSON.stringify(value)} />;
}

const editors: Record<string, ComponentType<StandardEditorProps>> = {
  text: TextEditor,
  number: NumberEditor,
  boolean: BooleanEditor,
  select: SelectEditor,
  'multi-select': MultiSelectEditor,
  radio: RadioEditor,
  slider: SliderEditor,
  color: ColorEditor,
  unit: UnitEditor,
  strings: StringsEditor,
  'stats-picker': StatsEditor,
  'field-name': FieldNameEditor,
  fieldColor: ReadOnlyEditor,
  links: ReadOnlyEditor,
  actions: ReadOnlyEditor,
  mappings: ReadOnlyEditor,
  thresholds: ReadOnlyEditor,
  timezone: TextEditor,
  'dashboard-uid': TextEditor,
};

export function installEditors(): void {
  standardEditorsRegistry.setInit(() =>
    Object.entries(editors).map(([id, editor]): StandardEditorsRegistryItem => ({
      id,
      name: id,
      editor,
    })),
  );
}
