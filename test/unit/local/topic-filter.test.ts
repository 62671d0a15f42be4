// Topic filters: examples of the specification, and that they agree with a plain regular expression.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { topicFilterProblem, topicMatches } from '#local/iot/topic-filter.ts';

const level = fc.constantFrom('a', 'b', '', '$c', 'ä');
const topic = fc.array(level, { minLength: 1, maxLength: 5 }).map((levels) => levels.join('/'));
const filter = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { maxLength: 4 }), fc.oneof(level, fc.constantFrom('+', '#')))
  .map(([levels, last]) => [...levels, last].join('/'))
  .filter((text) => text !== '');

/** Another way to the same answer. */
const pattern = (text: string): RegExp => {
  const levels = text
    .split('/')
    .map((wanted) => (wanted === '+' ? '[^/]*' : wanted === '#' ? '.*' : wanted.replace('$', '\\$')));
  return new RegExp(`^${levels.join('/')}$`, 's');
};

describe('topicMatches', () => {
  it.each([
    ['sport/+/player1', 'sport/tennis/player1', true],
    ['sport/+', 'sport', false],
    ['sport/+', 'sport/', true],
    ['+/+', '/finance', true],
    ['+', '/finance', false],
    ['sport/#', 'sport/tennis/player1', true],
    ['#', 'a/b', true],
    ['$aws/events/presence/#', '$aws/events/presence/connected/acme_device01', true],
    ['$aws/events/certificates/registered/+', '$aws/events/certificates/registered/ab12', true],
    ['$aws/events/certificates/registered/+', '$aws/events/certificates/registered/ab12/more', false],
    ['Sport', 'sport', false],
  ])('%s and %s: %s', (wanted, given, expected) => {
    expect(topicMatches(wanted, given)).toBe(expected);
  });

  it('A13: no wildcard at the first level reaches a reserved topic', () => {
    for (const wanted of ['#', '+/events/presence/connected/x', '+/#'])
      expect(topicMatches(wanted, '$aws/events/presence/connected/x')).toBe(false);
  });

  it('A15: # does not cover its parent level', () => {
    expect(topicMatches('sport/#', 'sport')).toBe(false);
  });

  it('agrees with a regular expression wherever no reserved topic is met by a wildcard', () => {
    fc.assert(
      fc.property(filter, topic, (wanted, given) => {
        fc.pre(!(given.startsWith('$') && /^[+#]/.test(wanted)));
        expect(topicMatches(wanted, given)).toBe(pattern(wanted).test(given));
      }),
    );
  });

  it('every topic without wildcards is a filter of itself', () => {
    fc.assert(fc.property(topic, (given) => topicMatches(given, given)));
  });
});

describe('topicFilterProblem', () => {
  it('A20: knows the limits of IoT Core', () => {
    expect(topicFilterProblem('a/b/c/d/e/f/g/h')).toBeNull();
    expect(topicFilterProblem('a/b/c/d/e/f/g/h/i')).toContain('7 slashes');
    expect(topicFilterProblem('ä'.repeat(128))).toBeNull();
    expect(topicFilterProblem(`${'ä'.repeat(128)}a`)).toContain('256 bytes');
  });

  it.each(['', 'a/#/b', '#/a', 'a#', 'a/b+', '++', 'a\0b'])('refuses %j', (text) => {
    expect(topicFilterProblem(text)).not.toBeNull();
  });

  it('takes every well-formed filter', () => {
    fc.assert(fc.property(filter, (text) => topicFilterProblem(text) === null));
  });
});
