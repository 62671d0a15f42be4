// The parser with a memory finds what dynalite's own finds, in time that does not explode.

import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { type ParseCondition, rememberingParser } from '#local/cloud/dynalite-parser-memory.ts';

const NAMES = { '#pk': 'pk', '#p': 'presence', '#at': 'at', '#s': 'sessionId' };
const VALUES = { ':no': { BOOL: false }, ':n': { N: '1' }, ':m': { N: '2' }, ':s': { S: 'x' } };

const EXPRESSIONS = [
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

const outcome = (parse: ParseCondition, expression: string) => {
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

describe('dynalite condition parser with a memory', () => {
  // a copy of dynalite's own, which the door of this process may have replaced
  const require = createRequire(import.meta.url);
  const file = require.resolve('dynalite/db/conditionParser.js');
  delete require.cache[file];
  const original = (require(file) as { parse: ParseCondition }).parse;
  const remembering = rememberingParser();

  it.each(EXPRESSIONS)('finds in "%s" what the original finds', (expression) => {
    const [expected, got] = [outcome(original, expression), outcome(remembering, expression)];

    expect(JSON.stringify(got)).toBe(JSON.stringify(expected));
  });

  it('reads nested parentheses that would take the original years', () => {
    const nested = `${'('.repeat(40)}#at = :n${' OR #at = :m)'.repeat(40)}`;

    expect(outcome(remembering, nested)).toHaveProperty('parsed');
  });
});
