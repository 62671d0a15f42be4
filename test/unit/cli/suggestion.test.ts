// "Did you mean …".

import { expect, it } from 'vitest';
import { suggestion } from '#cli/suggestion.ts';

it('names the nearest word, whatever its case', () => {
  expect(suggestion('connectwear', ['eu1', 'connectware'])).toBe(' (did you mean "connectware"?)');
  expect(suggestion('EU1', ['eu1', 'eu2'])).toBe(' (did you mean "eu1"?)');
  expect(suggestion('acm', ['globex', 'acme'])).toBe(' (did you mean "acme"?)');
});

it('names none when none is near', () => {
  expect(suggestion('kubernetes', ['eu1', 'connectware'])).toBe('');
  expect(suggestion('x', [])).toBe('');
});
