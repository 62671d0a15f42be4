import fc from 'fast-check';
import { expect, it } from 'vitest';
import { shown } from '#domain/shown.ts';

it.each([
  ['plain text', 'plain text'],
  ['a\0b\n', String.raw`a\u{0}b\u{a}`],
  ['\u202Eevil\u2028', String.raw`\u{202e}evil\u{2028}`],
  ['\ud800', String.raw`\u{d800}`],
  ['x'.repeat(80), 'x'.repeat(80)],
  ['x'.repeat(81), `${'x'.repeat(79)}…`],
  ['\0'.repeat(1_000), `${String.raw`\u{0}`.repeat(15)}${String.raw`\u{0`}…`],
])('shows %j as %s', (text, expected) => {
  expect(shown(text)).toBe(expected);
});

it('shows any text in at most 80 characters that no terminal obeys', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      const line = shown(text);
      return [...line].length <= 80 && !/[\p{C}\p{Zl}\p{Zp}]/u.test(line);
    }),
  );
});
