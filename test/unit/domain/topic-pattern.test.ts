import { describe, expect, it } from 'vitest';
import { covers, type Glob, globsOf, hasLeadingWildcard, topicPattern } from '#domain/topic-pattern.ts';

const coversText = (outer: string, inner: string) => covers(topicPattern(outer), topicPattern(inner));
const texts = (globs: readonly Glob[]) => globs.map((glob) => glob.join('/'));

describe('a topic pattern', () => {
  it.each([
    ['a', 'a'],
    ['+', 'a'],
    ['+', '+'],
    ['+', '{clientId}'],
    ['#', 'a'],
    ['#', 'a/b/c'],
    ['#', '#'],
    ['#', '+/#'],
    ['a/#', 'a'],
    ['a/#', 'a/#'],
    ['a/#', 'a/+/c'],
    ['a/+/#', 'a/b'],
    ['a/+/#', 'a/b/#'],
    ['+/b', 'a/b'],
    ['{clientId}/+', '{clientId}/state'],
    ['a/+', 'a/$b'],
    ['a/+', 'a/'],
  ])('%s covers %s', (outer, inner) => {
    expect(coversText(outer, inner)).toBe(true);
  });

  it.each([
    ['a', 'b'],
    ['a', 'A'],
    ['a', '+'],
    ['a', 'a/b'],
    ['a', 'a/#'],
    ['a/b', 'a'],
    ['+', '#'],
    ['+', 'a/b'],
    ['+/+', '+/#'],
    ['a/#', 'b'],
    ['a/b/#', 'a'],
    ['a/+/#', 'a'],
    ['a/+/#', 'a/#'],
    ['#', '$aws/x'],
    ['+/x', '$aws/x'],
    ['{clientId}', '{tenant}'],
    ['{clientId}', 'pump'],
    ['pump', '{clientId}'],
  ])('%s does not cover %s', (outer, inner) => {
    expect(coversText(outer, inner)).toBe(false);
  });

  it('P-08: begins with a wildcard or not', () => {
    expect(['#', '+', '+/a', 'a/+', 'a/#', 'a'].filter((text) => hasLeadingWildcard(topicPattern(text)))).toEqual([
      '#',
      '+',
      '+/a',
    ]);
  });

  it.each([
    ['P-04', 'a/b', ['a/b'], []],
    ['P-07', 'a/#', ['a', 'a/*'], []],
    ['P-07', 'a/b/#', ['a/b', 'a/b/*'], []],
    ['P-08', '#', ['*'], []],
    ['P-09', '+', ['*'], ['*/*']],
    ['P-09', 'a/+/b', ['a/*/b'], ['a/*/*/b']],
    ['P-09', 'a/+/+', ['a/*/*'], ['a/*/*/*']],
    ['P-09', '+/a/+', ['*/a/*'], ['*/*/a/*', '*/a/*/*']],
    ['P-09', '+/#', ['*'], []],
    ['P-09', 'a/+/#', ['a/*'], []],
    ['P-09', 'a/+/+/#', ['a/*/*'], []],
    ['P-09', '+/a/#', ['*/a', '*/a/*'], ['*/*/a', '*/*/a/*']],
    ['P-09', '+/a/+/#', ['*/a/*'], ['*/*/a/*']],
  ])('%s: %s is the globs %j without %j', (_, text, allow, bounds) => {
    const globs = globsOf(topicPattern(text));
    expect({ allow: texts(globs.allow), bounds: texts(globs.bounds) }).toEqual({ allow, bounds });
  });
});
