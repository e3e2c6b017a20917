import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { expandList, expandValue, type Replace } from './expandList';

/**
 * A stand-in for Grafana's template service. It replaces `$name` and `${name}`, and keeps unknown names as they are.
 */
const replace: Replace = (text, format) =>
  text.replace(/\$\{(\w+)\}|\$(\w+)/g, (whole, braced: string | undefined, plain: string | undefined) => {
    const name = braced ?? plain ?? '';
    return name in variables ? format(variables[name as keyof typeof variables]) : whole;
  });

const variables = {
  one: 'tiny-bf16',
  many: ['tiny-bf16', 'tiny-int8'],
  quant: ['bf16', 'int8'],
  size: ['7b', '70b'],
  none: [],
  empty: '',
  all: '$__all',
  allText: 'All',
  commas: ['a,b', 'c{d}'],
};

function check(entries: string[], expected: string[]) {
  assert.deepEqual(expandList(entries, replace), expected);
}

describe('a list with template variables', () => {
  it('keeps plain entries in their order, once each', () => {
    check(['b', 'a', 'b', ' a '], ['b', 'a']);
  });
  it('has one entry for each value of a variable', () => {
    check(['$many'], ['tiny-bf16', 'tiny-int8']);
    check(['${many}', 'other', '$one'], ['tiny-bf16', 'tiny-int8', 'other']);
  });
  it('keeps the text around a variable for each value', () => {
    check(['tiny-${quant}-v1'], ['tiny-bf16-v1', 'tiny-int8-v1']);
  });
  it('combines several variables of one entry', () => {
    check(['m-${size}-$quant'], ['m-7b-bf16', 'm-7b-int8', 'm-70b-bf16', 'm-70b-int8']);
  });
  it('does not take commas and braces in values apart', () => {
    check(['$commas'], ['a,b', 'c{d}']);
  });
  it('means everything when All is chosen, whatever else is in it', () => {
    for (const entry of ['$all', '$allText', 'All', '$__all']) {
      check(['tiny', entry], []);
    }
  });
  it('drops variables without a value', () => {
    check(['$none', 'x-$none', '$empty'], []);
    check(['$none', 'x'], ['x']);
  });
  it('keeps the name of an unknown variable, so that the answer can name it', () => {
    check(['$nope'], ['$nope']);
  });
});

describe('a value with template variables', () => {
  const checkValue = (value: string | undefined, expected: string | undefined) => {
    assert.equal(expandValue(value, replace), expected);
  };
  it('is replaced', () => {
    checkValue('$one', 'tiny-bf16');
    checkValue('p95', 'p95');
    checkValue(undefined, undefined);
  });
  it('is absent when nothing is left', () => {
    checkValue('$empty', undefined);
    checkValue('$none', undefined);
  });
  it('shows all of several values instead of picking one', () => {
    checkValue('$quant', 'bf16,int8');
  });
});
