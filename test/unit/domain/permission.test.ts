import { describe, expect, it } from 'vitest';
import { OPERATIONS, type PermissionInput, parsePermission } from '#domain/permission.ts';

const parse = (input: Partial<PermissionInput>) =>
  parsePermission({ resource: 'plant/state', operation: 'read', context: 'mqtt', allowRetain: false, ...input });
const problemOf = (input: Partial<PermissionInput>) => {
  const result = parse(input);
  return result.ok ? null : result.error;
};

describe('a permission', () => {
  it.each([
    'a',
    'edge.cybus/#',
    '#',
    '+',
    '+/+/state',
    'a/+/#',
    '{tenant}/{clientId}/#',
    'a/$b/c$',
    'a/constructor/__proto__',
    'Halle 1/Öl/"druck"\\',
    'a/b/c/d/e/f/g/h',
    'x'.repeat(256),
  ])('P-10: may have the resource %s', (resource) => {
    expect(parse({ resource })).toEqual({
      ok: true,
      value: { resource, operation: 'read', context: 'mqtt', allowRetain: false },
    });
  });

  it.each(OPERATIONS)('P-06: may %s', (operation) => {
    expect(parse({ operation })).toMatchObject({ ok: true, value: { operation } });
  });

  it('P-05: may let be retained what may be published, and nothing else', () => {
    for (const operation of ['write', 'readWrite'])
      expect(parse({ operation, allowRetain: true })).toMatchObject({ ok: true, value: { allowRetain: true } });
    expect(problemOf({ operation: 'read', allowRetain: true })).toEqual({
      code: 'RETAIN_WITHOUT_WRITE',
      message: 'expected allowRetain only with write or readWrite, got it with read on "plant/state"',
    });
  });

  it.each(['Read', 'READ', 'readwrite', 'admin', '', 'read '])('P-06: may not "%s"', (operation) => {
    expect(problemOf({ operation })).toEqual({
      code: 'OPERATION_UNKNOWN',
      message: `expected the operation read, write, readWrite, got "${operation}"`,
    });
  });

  it('U-08: has the context mqtt or http', () => {
    expect(parse({ context: 'http', resource: '/api/values' })).toMatchObject({ ok: true, value: { context: 'http' } });
    expect(problemOf({ context: 'amqp' })).toEqual({
      code: 'CONTEXT_UNKNOWN',
      message: 'expected the context mqtt or http, got "amqp"',
    });
  });

  it.each(['/', '/api', '/api/#', '/a/b/c/d/e/f/g/h/i'])('U-08: of http may have the path %s', (resource) => {
    expect(parse({ context: 'http', resource }).ok).toBe(true);
  });

  it.each([
    ['RESOURCE_EMPTY', ''],
    ['RESOURCE_CHARSET', 'a/*'],
    ['RESOURCE_CHARSET', 'a/?/b'],
    ['RESOURCE_CHARSET', `a/\${iot:ClientId}`],
    ['RESOURCE_CHARSET', `\${clientId}`],
    ['RESOURCE_CHARSET', 'a\0'],
    ['RESOURCE_CHARSET', 'a\nb'],
    ['RESOURCE_CHARSET', 'a\u0085b'],
    ['RESOURCE_CHARSET', 'a/\ud800'],
    ['RESOURCE_TOO_LONG', 'x'.repeat(257)],
    ['RESOURCE_TOO_LONG', 'ä'.repeat(129)],
    ['RESOURCE_TOO_LONG', '😀'.repeat(65)],
    ['RESOURCE_RESERVED', '$aws/things/x/shadow/update'],
    ['RESOURCE_RESERVED', '$share/group/a'],
    ['RESOURCE_RESERVED', '$'],
    ['RESOURCE_EMPTY_LEVEL', '/'],
    ['RESOURCE_EMPTY_LEVEL', '/a'],
    ['RESOURCE_EMPTY_LEVEL', 'a/'],
    ['RESOURCE_EMPTY_LEVEL', 'a//b'],
    ['RESOURCE_WILDCARD', 'a+'],
    ['RESOURCE_WILDCARD', 'a/+b/c'],
    ['RESOURCE_WILDCARD', '++'],
    ['RESOURCE_WILDCARD', 'a/#/b'],
    ['RESOURCE_WILDCARD', '#/#'],
    ['RESOURCE_WILDCARD', 'a#'],
    ['RESOURCE_PLACEHOLDER', 'a/{cn}'],
    ['RESOURCE_PLACEHOLDER', 'a/{clientid}'],
    ['RESOURCE_PLACEHOLDER', 'a/x{clientId}'],
    ['RESOURCE_PLACEHOLDER', '{tenant}_{clientId}'],
    ['RESOURCE_PLACEHOLDER', 'a/{'],
    ['RESOURCE_PLACEHOLDER', 'a/}'],
    ['TOPIC_TOO_DEEP', 'a/b/c/d/e/f/g/h/i'],
    ['TOPIC_TOO_DEEP', '+/+/+/+/+/+/+/+/#'],
  ])('P-10: is refused as %s for the resource %j', (code, resource) => {
    expect(problemOf({ resource })?.code).toBe(code);
  });

  it.each([
    ['RESOURCE_PATH', 'api'],
    ['RESOURCE_EMPTY_LEVEL', '//'],
    ['RESOURCE_EMPTY_LEVEL', '/api/'],
    ['RESOURCE_WILDCARD', '/api/#/x'],
    ['RESOURCE_CHARSET', '/api/*'],
  ])('U-08: of http is refused as %s for the path %s', (code, resource) => {
    expect(problemOf({ context: 'http', resource })?.code).toBe(code);
  });

  it('P-10: says what was expected and what came, hidden characters and length cut', () => {
    expect(problemOf({ resource: 'a/#/b' })?.message).toBe(
      'expected + as a whole level and # as the last one (MQTT 5 §4.7.1), got "a/#/b"',
    );
    expect(problemOf({ resource: 'a/b/c/d/e/f/g/h/i' })?.message).toBe(
      'expected at most 7 slashes, not 8, got "a/b/c/d/e/f/g/h/i"',
    );
    expect(problemOf({ resource: `\u{1b}[2J${'ä'.repeat(200)}` })?.message).toMatch(/got "\\u\{1b\}\[2Jä{60,}…"$/);
    expect(problemOf({ resource: 'ä'.repeat(200) })?.message).toMatch(/^expected at most 256 bytes of UTF-8, not 400,/);
  });
});
