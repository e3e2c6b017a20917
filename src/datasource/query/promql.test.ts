import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { Replace } from './expandList';
import { expandPromql } from './promql';

/** The variables as Grafana passes them to a formatter: the value, and the properties of the variable. */
const variables: Record<string, [value: unknown, variable: { multi?: boolean; includeAll?: boolean }]> = {
  single: ['llama-3.1 "8b"', {}],
  path: ['C:\\models', {}],
  evil: ['x"} or up{a="', {}],
  apostrophe: ["it's", {}],
  lines: ['a\nb', {}],
  marks: ['a\uE002"} or up{b="', {}],
  number: ['5', {}],
  window: ['5m', {}],
  one: ['a.b', { multi: true }],
  many: [['a.b', 'c|d', 'e"f', 'g\\h'], { multi: true }],
  all: [['a', 'b'], { includeAll: true }],
};

/** Grafana inserts the custom value of *All* itself, without calling the formatter. */
const replace: Replace = (text, format) =>
  text.replace(/\$(\w+)/g, (whole, name: string) => {
    const known = variables[name];
    return name === 'customAll' ? '.*' : known ? format(...known) : whole;
  });

function check(expr: string, expected: string) {
  assert.equal(expandPromql(expr, replace), expected, expr);
}

describe('variables in PromQL', () => {
  it('that an expression only looks like are left as they are', () => {
    check('up{m="\uE000"}', 'up{m="\uE000"}');
  });
  it('stay one text in a string, whatever is in them', () => {
    check('up{m="$single"}', String.raw`up{m="llama-3.1 \"8b\""}`);
    check('up{m="$path"}', String.raw`up{m="C:\\models"}`);
    check('up{m="$evil"}', String.raw`up{m="x\"} or up{a=\""}`);
    check("up{m='$evil'}", `up{m='x"} or up{a="'}`);
    check('up{m=\'$apostrophe\'} + up{m="$apostrophe"}', String.raw`up{m='it\'s'} + up{m="it's"}`);
    check('up{m="$lines"}', String.raw`up{m="a\nb"}`);
    check('up{m=`$path`}', 'up{m=`C:\\models`}');
    check('up{m="$marks"}', String.raw`up{m="a\"} or up{b=\""}`);
  });
  it('become a choice where they can have several values', () => {
    check('up{m=~"$one"}', String.raw`up{m=~"a\\.b"}`);
    check('up{m=~"$many"}', String.raw`up{m=~"(a\\.b|c\\|d|e\"f|g\\\\h)"}`);
    check('up{m=~`$many`}', 'up{m=~`(a\\.b|c\\|d|e"f|g\\\\h)`}');
    check('up{m=~"$all"}', 'up{m=~"(a|b)"}');
    check('up{m=~"x-$one-y"}', String.raw`up{m=~"x-a\\.b-y"}`);
  });
  it('are what the author of the dashboard wrote for All', () => {
    check('up{m=~"$customAll"}', 'up{m=~".*"}');
  });
  it('are a part of the expression outside of strings', () => {
    check('topk($number, rate(x[$window]))', 'topk(5, rate(x[5m]))');
  });
  it('say nothing in a comment, in which a quote is none', () => {
    check('up # don\'t: $lines\n + y{m="$one"}', 'up # don\'t: \n + y{m="a\\\\.b"}');
  });
  it('that are unknown and what is escaped already stay as they are', () => {
    check(
      String.raw`label_replace(up{a="\"$nope\""}, "a", "$1", "b", "(.*)$")`,
      String.raw`label_replace(up{a="\"$nope\""}, "a", "$1", "b", "(.*)$")`,
    );
    check(String.raw`up{a="\\"} + up{m="$evil"}`, String.raw`up{a="\\"} + up{m="x\"} or up{a=\""}`);
  });
});
