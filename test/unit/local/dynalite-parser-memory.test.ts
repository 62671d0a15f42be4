// The parser with a memory finds what dynalite's own finds, in time that does not explode.

import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { type ParseExpression, rememberingParser } from '#local/cloud/dynalite-parser-memory.ts';

const NAMES = { '#pk': 'pk', '#p': 'presence', '#at': 'at', '#s': 'sessionId' };
const VALUES = { ':no': { BOOL: false }, ':n': { N: '1' }, ':m': { N: '2' }, ':s': { S: 'x' } };

const CONDITIONS = [
  'attribute_not_exists(#pk)',
  'attribute_not_exists(#pk) OR (#p.#at <= :n AND (#s = :s OR NOT contains(#s, :s)))',
  '#at BETWEEN :n AND :m AND #s IN (:s, :no) OR begins_with(#s, :s) OR size(#s) > :n',
  '(((#at = :n)))',
  '(#at) <> :n',
  'item[0].name = :s',
  // refused: syntax, missing name, missing value, wrong number of operands, reserved word
  '#at =',
  '#missing = :n',
  '#at = :missing',
  'begins_with(#s, :s, :s)',
  'RESERVED = :n',
];

const UPDATES = [
  'SET #at = :n',
  'SET #at = if_not_exists(#at, :n) + :m, #p.#s = list_append(#s, :s) REMOVE #pk, item[1]',
  'ADD #at :n DELETE #s :s',
  // refused: syntax, two sections of a kind, overlapping paths, missing value
  'SET #at',
  'SET #at = :n SET #s = :s',
  'SET #p = :s, #p.#at = :n',
  'SET #at = :missing',
];

const outcome = (parse: ParseExpression, expression: string) => {
  const context = {
    attrNames: NAMES,
    attrVals: VALUES,
    unusedAttrNames: { ...NAMES },
    unusedAttrVals: { ...VALUES },
    isReserved: (name: string) => name === 'RESERVED',
    compare: () => true,
  };
  try {
    return { parsed: parse(expression, { context }), context };
  } catch (error) {
    return { refused: error instanceof Error ? error.message : error, context };
  }
};

/** dynalite's own parser, fresh: the door of this process may have replaced the one that is loaded. */
const originalParser = (name: 'conditionParser' | 'updateParser'): ParseExpression => {
  const require = createRequire(import.meta.url);
  const file = require.resolve(`dynalite/db/${name}.js`);
  const loaded = require.cache[file];
  delete require.cache[file];
  const { parse } = require(file) as { parse: ParseExpression };
  require.cache[file] = loaded;
  return parse;
};

describe('a parser of dynalite with a memory', () => {
  it.each(CONDITIONS)('finds in the condition "%s" what the original finds', (expression) => {
    const expected = outcome(originalParser('conditionParser'), expression);

    expect(JSON.stringify(outcome(rememberingParser('conditionParser'), expression))).toBe(JSON.stringify(expected));
  });

  it.each(UPDATES)('finds in the update "%s" what the original finds', (expression) => {
    const expected = outcome(originalParser('updateParser'), expression);

    expect(JSON.stringify(outcome(rememberingParser('updateParser'), expression))).toBe(JSON.stringify(expected));
  });

  it('reads nested parentheses that would take the original years', () => {
    const nested = `${'('.repeat(40)}#at = :n${' OR #at = :m)'.repeat(40)}`;

    expect(outcome(rememberingParser('conditionParser'), nested)).toHaveProperty('parsed');
  });
});
