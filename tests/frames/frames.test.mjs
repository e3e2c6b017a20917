// The frames that our Rust code writes as JSON, read as a panel gets them: by Grafana's own front end library.
// The files in data/ are written and checked by `cargo test -p headroom-protocol`; Grafana's Go code writes them alike.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';

// Units have a date among them that is written as the browser's language wants. Node has no browser before version 21.
globalThis.navigator ??= { language: 'en', languages: ['en'] };
// Node cannot load the library's ES modules (they import names from CommonJS ones); its CommonJS build needs no browser.
const require = createRequire(import.meta.url);
const { createTheme, dataFrameFromJSON, getDisplayProcessor, getFieldDisplayName, FieldType } = require('@grafana/data');

/** Reads a sample frame. */
function frame(name) {
  const text = readFileSync(new URL(`./data/${name}.json`, import.meta.url), 'utf8');
  return dataFrameFromJSON(JSON.parse(text));
}

/** A column by name, with a message where there is none. */
function field(of, name) {
  const found = of.fields.find((candidate) => candidate.name === name);
  assert.ok(found, `no column ${name} among ${of.fields.map((candidate) => candidate.name)}`);
  return found;
}

// A double cannot hold the ends of 64-bit integers: what a browser shows is the nearest that it can.
const everyType = [
  ['int8', FieldType.number, [-128, 0, 127]],
  ['int16', FieldType.number, [-32768, 0, 32767]],
  ['int32', FieldType.number, [-2147483648, 0, 2147483647]],
  ['int64', FieldType.number, [-9223372036854775808, 0, 9223372036854775807]],
  ['uint8', FieldType.number, [0, 1, 255]],
  ['uint16', FieldType.number, [0, 1, 65535]],
  ['uint32', FieldType.number, [0, 1, 4294967295]],
  ['uint64', FieldType.number, [0, 1, 18446744073709551615]],
  ['float32', FieldType.number, [-3.4028235e38, 0.1, 1e-7]],
  ['float64', FieldType.number, [-0, 1e21, 1 / 3]],
  ['float64 large', FieldType.number, [Number.MAX_VALUE, 2.2250738585072014e-308, 123456789012345680]],
  ['float32 special', FieldType.number, [NaN, Infinity, -Infinity]],
  ['float64 special', FieldType.number, [-Infinity, NaN, Infinity]],
  ['bool', FieldType.boolean, [true, false, true]],
  ['string', FieldType.string, ['', 'Größe <b>&\u2028"\\', 'line\nbreak\t\u0001\b']],
  ['time', FieldType.time, [Date.UTC(2023, 10, 14, 22, 13, 20), 0, 1795500238123]],
  ['time early', FieldType.time, [-1, -1, -2208988800001]],
  ['json', FieldType.other, [{ a: [1, 2.5, null, 'x<y'] }, [], 'text']],
  ['enum', FieldType.enum, [0, 2, 1]],
];

for (const [name, type, values] of everyType) {
  test(`${name}: every row, and with an empty row`, () => {
    const read = frame('every_type');
    assert.equal(read.length, 3);
    assert.equal(field(read, name).type, type);
    assert.deepEqual([...field(read, name).values], values);
    const withGap = field(read, `${name}?`);
    assert.equal(withGap.type, type);
    assert.deepEqual([...withGap.values], [values[0], null, values[2]]);
  });
}

test('every column is covered', () => {
  const names = frame('every_type').fields.map((column) => column.name);
  assert.deepEqual(names, everyType.flatMap(([name]) => [name, `${name}?`]));
});

test('moments keep what milliseconds cannot say', () => {
  const read = frame('every_type');
  assert.deepEqual(field(read, 'time').nanos, [0, 0, 456789]);
  // Half a second before 1970 is still counted upwards from the millisecond below it.
  assert.deepEqual(field(read, 'time early').nanos, [999999, 0, 999999]);
});

test('an enum shows its texts', () => {
  const column = field(frame('every_type'), 'enum');
  assert.deepEqual(column.config.type.enum.text, ['edge', 'floor', 'cliff']);
  const display = getDisplayProcessor({ field: column, theme: createTheme() });
  assert.deepEqual(
    column.values.map((value) => display(value).text),
    ['edge', 'cliff', 'floor'],
  );
});

test('a column has its labels and its configuration', () => {
  const read = frame('described');
  const column = field(read, 'ttft_p95');
  assert.deepEqual(column.labels, { deployment: 'int4', model: 'Mistral Small <24B>' });
  assert.equal(column.config.unit, 'ms');
  assert.equal(column.config.min, 0);
  assert.equal(column.config.max, 2500.5);
  assert.deepEqual(column.config.custom, { axisLabel: 'a<b', lineWidth: 2 });
  assert.deepEqual(column.config.mappings, [{ type: 'value', options: { 0: { text: 'none', color: 'red' } } }]);
  assert.equal(column.config.thresholds.steps[1].value, 1000);
  assert.equal(getFieldDisplayName(column, read), 'TTFT p95 <ms>');
  assert.deepEqual([...column.values], [812.5, null, Infinity]);
});

test('values are shown with their unit, and a missing one as missing', () => {
  const column = field(frame('described'), 'ttft_p95');
  const display = getDisplayProcessor({ field: column, theme: createTheme() });
  const shown = display(812.5);
  assert.equal(`${shown.text}${shown.suffix ?? ''}`, '812.5 ms');
  assert.equal(display(null).text, 'not measured');
});

test('a frame says what it is about', () => {
  const read = frame('described');
  assert.equal(read.name, 'described & more');
  assert.equal(read.refId, 'Z');
  assert.equal(read.meta.type, 'numeric-long');
  assert.deepEqual(read.meta.typeVersion, [0, 1]);
  assert.deepEqual(read.meta.custom.verdict, {
    breaking_load: 7.25,
    interval: [6.9, null],
    sentence: 'TTFT p95 ≤ 1,000 ms & more',
  });
  assert.deepEqual(
    read.meta.notices.map(({ severity, text }) => [severity, text]),
    [
      ['info', 'one report was read'],
      ['warning', '<truncated> report'],
      ['error', 'not JSON'],
    ],
  );
  assert.equal(read.meta.executedQueryString, 'curve int4 ttft p95');
});

test('a frame without rows has its columns, and one without columns is a frame', () => {
  const columns = frame('without_rows');
  assert.equal(columns.length, 0);
  assert.deepEqual(
    columns.fields.map(({ name, type }) => [name, type]),
    [
      ['n', FieldType.number],
      ['s', FieldType.string],
    ],
  );
  assert.deepEqual(frame('without_fields').fields, []);
});
