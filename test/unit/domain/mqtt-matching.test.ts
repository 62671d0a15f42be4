// The matcher that the policies are proved against, checked with what the MQTT texts themselves give as examples.

import { describe, expect, it } from 'vitest';
import * as mqtt from '#support/mqtt-matching.ts';

const filterMatches = (filter: string, topic: string) =>
  mqtt.filterMatches(mqtt.levelsOf(filter), mqtt.levelsOf(topic));
const filtersInclude = (filters: readonly string[], subscription: string) =>
  mqtt.filtersInclude(filters.map(mqtt.levelsOf), mqtt.levelsOf(subscription));

describe('topic against filter', () => {
  it.each([
    ['4.7.1.2', 'sport/tennis/player1/#', 'sport/tennis/player1', true],
    ['4.7.1.2', 'sport/tennis/player1/#', 'sport/tennis/player1/ranking', true],
    ['4.7.1.2', 'sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon', true],
    ['4.7.1.2', 'sport/tennis/player1/#', 'sport/tennis/player2', false],
    ['4.7.1.2', 'sport/#', 'sport', true],
    ['4.7.1.2', 'sport/#', 'sports', false],
    ['4.7.1.2', '#', 'sport/tennis/player1', true],
    ['4.7.1.2', '#', '/', true],
    ['4.7.1.3', 'sport/tennis/+', 'sport/tennis/player1', true],
    ['4.7.1.3', 'sport/tennis/+', 'sport/tennis/player2', true],
    ['4.7.1.3', 'sport/tennis/+', 'sport/tennis/player1/ranking', false],
    ['4.7.1.3', 'sport/+', 'sport', false],
    ['4.7.1.3', 'sport/+', 'sport/', true],
    ['4.7.1.3', '+', 'sport', true],
    ['4.7.1.3', '+/tennis/#', 'sport/tennis', true],
    ['4.7.1.3', '+/tennis/#', 'a/b/tennis', false],
    ['4.7.1.3', 'sport/+/player1', 'sport/tennis/player1', true],
    ['4.7.1.3', '+/+', '/finance', true],
    ['4.7.1.3', '/+', '/finance', true],
    ['4.7.1.3', '+', '/finance', false],
    ['4.7.2', '#', '$SYS/monitor/Clients', false],
    ['4.7.2', '+/monitor/Clients', '$SYS/monitor/Clients', false],
    ['4.7.2', '$SYS/#', '$SYS/monitor/Clients', true],
    ['4.7.2', '$SYS/#', '$SYS/', true],
    ['4.7.2', '$SYS/monitor/+', '$SYS/monitor/Clients', true],
    ['4.7.2', 'a/+', 'a/$b', true],
    ['4.7.3', 'ACCOUNTS', 'Accounts', false],
    ['4.7.3', 'Accounts payable', 'Accounts payable', true],
    ['4.7.3', '/finance', 'finance', false],
    ['4.7.3', 'finance/', 'finance', false],
    ['4.7.3', '/', '/', true],
  ])('MQTT 3.1.1 and 5.0, %s: %s matches %s: %s', (_, filter, topic, expected) => {
    expect(filterMatches(filter, topic)).toBe(expected);
  });
});

describe('a subscription against filters', () => {
  it.each([
    [['#'], '#', true],
    [['#'], '+/a/#', true],
    [['+/#'], '#', true],
    [['+/+/#'], '#', false],
    [['a/#'], 'a', true],
    [['a/+'], 'a/#', false],
    [['a/+/#'], 'a/#', false],
    [['a', 'a/+/#'], 'a/#', true],
    [['a/+'], 'a/b', true],
    [['a/b'], 'a/+', false],
    [['#'], '$SYS/#', false],
    [['$SYS/#'], '$SYS/a', true],
    [['+/a'], '$SYS/a', false],
    [[], 'a', false],
  ])('%j include %s: %s', (filters, subscription, expected) => {
    expect(filtersInclude(filters, subscription)).toBe(expected);
  });

  it('MQTT 5.0, 4.8.2: a shared subscription brings what its filter matches', () => {
    expect(filtersInclude(['a/#'], '$share/group/a/b')).toBe(true);
    expect(filtersInclude(['a/#'], '$share/group/#')).toBe(false);
    // without a share name it is a filter like others
    expect(filtersInclude(['a/#'], '$share//a/b')).toBe(false);
  });

  it('includes what trying every short topic says', () => {
    const grow = (texts: readonly string[], levels: readonly string[]) =>
      texts.flatMap((text) => levels.map((level) => `${text}/${level}`));
    const levels = ['a', 'b', '+', ''];
    const filters = [...levels, ...grow(levels, levels)].filter((filter) => filter !== '');
    filters.push('#', ...grow([...levels, ...grow(levels, levels)], ['#']));
    const named = ['a', 'b', 'c', ''];
    const topics = [
      named,
      grow(named, named),
      grow(grow(named, named), named),
      grow(grow(grow(named, named), named), ['c']),
    ]
      .flat()
      .filter((topic) => topic !== '');

    const matched = new Map(
      filters.map((filter) => [filter, topics.filter((topic) => filterMatches(filter, topic))] as const),
    );
    let included = 0;
    for (const [first, second] of filters.flatMap((one) => filters.map((other) => [one, other] as const))) {
      const all = new Set([first, second].flatMap((filter) => matched.get(filter) ?? []));
      for (const [inner, own] of matched) {
        const expected = own.every((topic) => all.has(topic));
        if (filtersInclude([first, second], inner) !== expected) expect([first, second, inner]).toBe(expected);
        if (expected) included += 1;
      }
    }
    expect(included).toBeGreaterThan(filters.length ** 2);
  });
});
