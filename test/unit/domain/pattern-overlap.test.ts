import { describe, expect, it } from 'vitest';
import { meets } from '#domain/pattern-overlap.ts';
import { topicPattern } from '#domain/topic-pattern.ts';

const meet = (glob: string, pattern: string) => meets(glob.split('/'), topicPattern(pattern));

describe('a glob and a pattern', () => {
  it.each([
    ['a/*/*/b', 'a/x/y/b'],
    ['a/*/*/b', 'a/x/y/z/b'],
    ['a/*/*/b', 'a/+/+/b'],
    ['a/*/*/b', 'a/#'],
    ['a/*/*/b', '#'],
    ['a/*/*/b', '+/+/+/+'],
    ['a/*/*/b', 'a/b/b/b/b'],
    ['*/*/x', '+/x/#'],
    ['*/*/x/*', 'tc/acme/{clientId}/o/+/#'],
    ['a', 'a/#'],
    ['*', 'a'],
    ['*/*', 'a//'],
  ])('P-09: %s meets %s', (glob, pattern) => {
    expect(meet(glob, pattern)).toBe(true);
  });

  it.each([
    ['a/*/*/b', 'a/x/b'],
    ['a/*/*/b', 'a/+/b'],
    ['a/*/*/b', 'a/x/y/c'],
    ['a/*/*/b', 'c/#'],
    ['a/*/*/b', 'a/x/y/b/c'],
    ['a/*/*/b', '+'],
    ['a/*/*', 'a/x'],
    ['a/b', 'a'],
    ['a', 'a/+'],
    ['constructor/*', '{clientId}x/b'],
  ])('P-09: %s does not meet %s', (glob, pattern) => {
    expect(meet(glob, pattern)).toBe(false);
  });

  it.each([
    ['{clientId}/*/*', 'pump-1/a/b', true],
    ['{clientId}/*/*', 'pump.1/a/b', false],
    ['{clientId}/*/*', '/a/b', false],
    ['Acme/*/*', '{clientId}/a/b', true],
    ['{clientId}/*/*', '{clientId}/a/b', true],
    ['{clientId}/*/*', '+/a/b', true],
    ['*/*/b', 'x/{clientId}/b', true],
    ['*/*/b', '{clientId}/b', false],
  ])('P-09: %s and %s, of a device not known yet, meet: %s', (glob, pattern, expected) => {
    expect(meet(glob, pattern)).toBe(expected);
  });

  it('P-09: are compared exactly: as often as a search through all short topics finds a common one', () => {
    const levels = ['a', 'b'];
    const sequences = (alphabet: readonly string[], length: number): readonly string[][] =>
      length === 0 ? [[]] : sequences(alphabet, length - 1).flatMap((head) => alphabet.map((last) => [...head, last]));
    const upTo = (alphabet: readonly string[], length: number) =>
      Array.from({ length }, (_, index) => sequences(alphabet, index + 1)).flat();
    // five levels are enough for globs of three and patterns of three to meet, if they ever do
    const topics = upTo(levels, 5).map((topic) => topic.join('/'));
    const globs = upTo([...levels, '*'], 3);
    const patterns = upTo([...levels, '+'], 3).flatMap((pattern) => [pattern, [...pattern.slice(0, -1), '#']]);
    const pick = (regexp: RegExp) => topics.filter((topic) => regexp.test(topic));
    const ofGlob = globs.map((glob) => new Set(pick(new RegExp(`^${glob.join('/').replaceAll('*', '.*')}$`))));
    const ofPattern = patterns.map((pattern) => {
      const text = pattern.join('/').replaceAll('+', '[^/]*');
      return pick(new RegExp(`^${text.replace(/(^|\/)#$/, (_, slash: string) => (slash ? '(/.*)?' : '.*'))}$`));
    });
    for (const [g, glob] of globs.entries())
      for (const [p, pattern] of patterns.entries())
        expect(`${glob.join('/')} ${pattern.join('/')} ${meets(glob, pattern)}`).toBe(
          `${glob.join('/')} ${pattern.join('/')} ${ofPattern[p]?.some((topic) => ofGlob[g]?.has(topic))}`,
        );
  });
});
