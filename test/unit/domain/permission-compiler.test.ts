import { describe, expect, it } from 'vitest';
import { tenantName } from '#domain/ids.ts';
import { authorize, policyContext } from '#domain/iot-policy.ts';
import { parsePolicy } from '#domain/iot-policy-document.ts';
import type { NamingProfile } from '#domain/naming.ts';
import { PLUS_MODES, parsePermission } from '#domain/permission.ts';
import {
  type CompiledSet,
  type CompileProblem,
  compilePolicies,
  type Granted,
  sourceOf,
} from '#domain/permission-compiler.ts';
import { permissionSetOf } from '#domain/permission-set.ts';
import { adminRole } from '#domain/role.ts';

const ARN = { partition: 'aws', region: 'eu-central-1', accountId: '111122223333' };
const ARN_PREFIX = 'arn:aws:iot:eu-central-1:111122223333:';
const acme = tenantName('acme');
const setOf = (profile: NamingProfile, composition: string | null = '0123456789abcdef') =>
  permissionSetOf(acme, profile, composition);

/** `role line-1: readWrite a/+/b`, then `widen` and `retain` where they hold; the role may be left out. */
const granted = (text: string): Granted => {
  const [, from = 'role line-1', operation = '', resource = '', options = ''] =
    /^(?:(.+?): )?(\w+) (\S+)(.*)$/.exec(text) ?? [];
  const permission = parsePermission({
    resource,
    operation,
    context: resource.startsWith('/') ? 'http' : 'mqtt',
    allowRetain: options.includes('retain'),
  });
  if (!permission.ok) throw new TypeError(`${text}: ${permission.error.message}`);
  return { permission: permission.value, from, plusMode: PLUS_MODES.find((mode) => options.includes(mode)) ?? 'exact' };
};

const compile = (texts: readonly string[], profile: NamingProfile = 'connectware') =>
  compilePolicies(setOf(profile), texts.map(granted), ARN);
const compiled = (texts: readonly string[], profile?: NamingProfile): CompiledSet => {
  const result = compile(texts, profile);
  if (!result.ok) throw new TypeError(result.error.message);
  return result.value;
};
const problem = (texts: readonly string[], profile?: NamingProfile): CompileProblem | null => {
  const result = compile(texts, profile);
  return result.ok ? null : result.error;
};

/** What a document says beyond its base, in short: `Allow Publish topic/a`. */
const statements = ({ documents }: CompiledSet, index = 0): readonly string[] => {
  const all: readonly { Effect: string; Action: string | string[]; Resource: string | string[] }[] = JSON.parse(
    documents[index]?.json ?? '',
  ).Statement;
  return all
    .map(({ Effect, Action, Resource }) =>
      [Effect, [Action].flat().join(','), ...[Resource].flat().map((resource) => resource.replace(ARN_PREFIX, ''))]
        .join(' ')
        .replaceAll('iot:', ''),
    )
    .filter((statement) => !statement.startsWith('Allow Connect'));
};

const DEVICE = policyContext({
  'iot:Connection.Thing.ThingName': 'acme_device01',
  'iot:Connection.Thing.IsAttached': 'true',
  'iot:Connection.Thing.Attributes[tenant]': 'acme',
});
/** @param request `Publish a/b`, with the action as AWS names it */
const allows = ({ documents }: CompiledSet, request: string): boolean => {
  const [action = '', resource = ''] = request.split(' ');
  const policies = documents.map(({ json }) => {
    const policy = parsePolicy(json);
    if (!policy.ok) throw new TypeError(policy.error);
    return policy.value;
  });
  const type = action === 'Subscribe' ? 'topicfilter' : 'topic';
  return authorize({ action: `iot:${action}`, resource: `${ARN_PREFIX}${type}/${resource}` }, policies, DEVICE).allowed;
};

describe('what a permission allows', () => {
  it.each([
    [
      'P-04',
      'read a/b',
      ['Subscribe a/b', 'Receive a/b'],
      ['Publish a/b', 'RetainPublish a/b', 'Subscribe a', 'Receive a/b/c'],
    ],
    ['P-05', 'write a/b', ['Publish a/b'], ['Subscribe a/b', 'Receive a/b', 'RetainPublish a/b', 'Publish a']],
    ['P-05', 'write a/b retain', ['Publish a/b', 'RetainPublish a/b'], ['Subscribe a/b', 'RetainPublish a/c']],
    ['P-06', 'readWrite a/b', ['Subscribe a/b', 'Receive a/b', 'Publish a/b'], ['RetainPublish a/b', 'Publish a/c']],
    ['P-06', 'readWrite a/b retain', ['Receive a/b', 'Publish a/b', 'RetainPublish a/b'], ['RetainPublish a']],
    [
      'P-07',
      'readWrite edge.cybus/#',
      [
        'Publish edge.cybus',
        'Publish edge.cybus/x/y',
        'Subscribe edge.cybus/#',
        'Subscribe edge.cybus/+/y',
        'Receive edge.cybus',
      ],
      [
        'Publish edge.cybusX',
        'Subscribe #',
        'Subscribe +/x',
        'Subscribe $share/g/edge.cybus/#',
        'Subscribe edgeXcybus/#',
      ],
    ],
    [
      'P-08',
      'readWrite #',
      ['Publish x', 'Publish x/$y', 'Subscribe #', 'Subscribe +/x', 'Receive a/b/c'],
      [
        'Publish $aws/things/acme_device02/shadow/update',
        'Subscribe $aws/#',
        'Subscribe $share/g/x',
        'Receive $aws/things/acme_device02/jobs/notify',
        'RetainPublish x',
      ],
    ],
    [
      'P-08',
      'readWrite +/x retain',
      ['Publish a/x', 'RetainPublish a/x'],
      ['Publish $aws/x', 'RetainPublish $aws/x', 'Subscribe $SYS/x'],
    ],
    ['P-08', 'read +/#', ['Receive a', 'Subscribe a/b'], ['Receive $aws', 'Subscribe $share/g/a', 'Publish a']],
    [
      'P-09',
      'readWrite a/+/b',
      ['Publish a/x/b', 'Publish a//b', 'Receive a/b/b', 'Subscribe a/+/b', 'Subscribe a/x/b'],
      [
        'Publish a/b',
        'Publish a/x/y/b',
        'Publish a/x/b/c',
        'Publish xa/x/b',
        'Receive a/x/y/z/b',
        'Subscribe a/+/+/b',
        'Subscribe a/#',
      ],
    ],
    ['P-09', 'write +', ['Publish a'], ['Publish a/b', 'Publish $a']],
    ['P-09', 'write a/+/#', ['Publish a/b', 'Publish a/b/c/d'], ['Publish a']],
    ['P-09', 'write +/+/x', ['Publish a/b/x'], ['Publish a/x', 'Publish a/b/c/x', 'Publish a/b/x/x']],
    ['P-09', 'write +/x/#', ['Publish a/x', 'Publish a/x/b'], ['Publish a/b/x', 'Publish a/b/x/c', 'Publish a/y']],
    [
      'P-09',
      'write {tenant}/{clientId}/+',
      ['Publish acme/acme_device01/x'],
      [
        'Publish acme/acme_device02/x',
        'Publish globex/acme_device01/x',
        'Publish acme/acme_device01/x/y',
        'Publish {tenant}/{clientId}/x',
      ],
    ],
    ['P-10', 'write a/$b/c$', ['Publish a/$b/c$'], ['Publish a/b/c']],
    ['P-10', 'write a.b/(c)/"d"\\', ['Publish a.b/(c)/"d"\\'], ['Publish axb/(c)/"d"\\']],
  ])('%s: %s', (_, permission, allowed, refused) => {
    const set = compiled([permission]);
    expect([...allowed, ...refused].filter((request) => allows(set, request))).toEqual(allowed);
  });

  it('U-08: of http is nothing in a policy', () => {
    const set = compiled(['readWrite /api', 'write /a/#', 'read a']);
    expect(statements(set)).toEqual(['Allow Subscribe,Receive topic/a topicfilter/a']);
    expect(compiled(['readWrite /api'])).toEqual(compiled([]));
  });

  it('P-13: is nothing without one', () => {
    expect(statements(compiled([]))).toEqual([]);
    expect(allows(compiled([]), 'Publish a')).toBe(false);
  });

  it('U-13: stands beside the topics of the naming profile', () => {
    const set = compiled(['read a'], 'eu1');
    expect(allows(set, 'Receive a')).toBe(true);
    expect(allows(set, 'Publish tc/acme/acme_device01/o/x')).toBe(true);
    expect(allows(set, 'Publish tc/acme/acme_device02/o/x')).toBe(false);
  });

  it('U-09, P-08: of the built-in role is every topic but those of the broker', () => {
    const [permission] = adminRole(acme).permissions;
    if (!permission) throw new TypeError('expected a permission');
    const result = compilePolicies(
      setOf('connectware'),
      [{ permission, from: 'role connectware-admin', plusMode: 'exact' }],
      ARN,
    );
    if (!result.ok) throw new TypeError(result.error.message);
    expect(statements(result.value)).toEqual([
      'Allow Publish,Subscribe,Receive topic/* topicfilter/*',
      'Deny Publish,Subscribe,Receive topic/$* topicfilter/$*',
    ]);
  });
});

describe('compiled permissions', () => {
  it('P-11: share a statement for each operation, and one for its bounds', () => {
    expect(
      statements(compiled(['write b/+', 'readWrite d', 'write a', 'read c', 'readWrite e/#', 'write f/+/z'])),
    ).toEqual([
      'Allow Publish topic/a topic/b/* topic/f/*/z',
      'Deny Publish topic/b/*/* topic/f/*/*/z',
      'Allow Subscribe,Receive topic/c topicfilter/c',
      'Allow Publish,Subscribe,Receive topic/d topicfilter/d topic/e topicfilter/e topic/e/* topicfilter/e/*',
    ]);
  });

  it.each([
    [['write a', 'write a'], ['Allow Publish topic/a']],
    [['write a/#', 'write a', 'write a/+/b', 'write a/x/y/b'], ['Allow Publish topic/a topic/a/*']],
    [
      ['read a/+', 'write a/#'],
      [
        'Allow Publish topic/a topic/a/*',
        'Allow Subscribe,Receive topic/a/* topicfilter/a/*',
        'Deny Subscribe,Receive topic/a/*/* topicfilter/a/*/*',
      ],
    ],
    [['readWrite a', 'write a'], ['Allow Publish,Subscribe,Receive topic/a topicfilter/a']],
    [
      ['readWrite a', 'write #'],
      ['Allow Publish topic/*', 'Deny Publish topic/$*', 'Allow Subscribe,Receive topic/a topicfilter/a'],
    ],
    [
      ['readWrite a', 'read +/#'],
      [
        'Allow Subscribe,Receive topic/* topicfilter/*',
        'Deny Subscribe,Receive topic/$* topicfilter/$*',
        'Allow Publish topic/a',
      ],
    ],
    [['write a retain', 'write a'], ['Allow Publish,RetainPublish topic/a']],
    [
      ['write a retain', 'write a/#'],
      ['Allow Publish topic/a topic/a/*', 'Allow RetainPublish topic/a'],
    ],
    // retained, the + has nothing beside it
    [
      ['write a/+ retain', 'write a/#'],
      ['Allow Publish topic/a topic/a/*', 'Allow RetainPublish topic/a/*', 'Deny RetainPublish topic/a/*/*'],
    ],
    [
      ['write +/# retain', 'write # retain'],
      ['Allow Publish,RetainPublish topic/*', 'Deny Publish,RetainPublish topic/$*'],
    ],
  ])('P-11: %j are %j: what another covers is left out', (permissions, expected) => {
    expect(statements(compiled(permissions)).toSorted()).toEqual(expected.toSorted());
  });

  it('P-11: leave out what the naming profile gives', () => {
    expect(statements(compiled(['readWrite tc/acme/{clientId}/o/x', 'write tc/acme/{clientId}/o/+/#'], 'eu1'))).toEqual(
      [
        `Allow Publish topic/tc/acme/\${Connection.Thing.ThingName}/o/*`,
        `Allow Subscribe topicfilter/tc/acme/\${Connection.Thing.ThingName}/i/*`,
        `Allow Receive topic/tc/acme/\${Connection.Thing.ThingName}/i/*`,
        `Allow Subscribe,Receive topic/tc/acme/\${Connection.Thing.ThingName}/o/x topicfilter/tc/acme/\${Connection.Thing.ThingName}/o/x`,
      ],
    );
  });

  it('P-11: are the same bytes in any order, with duplicates, and whoever gives them', () => {
    const permissions = [
      'write a/+ widen',
      'write a/+',
      'readWrite a/+ widen',
      'write z/+/y',
      'read b',
      'write b',
      'readWrite b retain',
      'read c/#',
      'read c/d',
      ...Array.from({ length: 40 }, (_, at) => `readWrite plant/line-${at}/state`),
    ];
    const bytes = (texts: readonly string[]) => compiled(texts).documents.map(({ json }) => json);
    const expected = bytes(permissions);
    expect(expected.length).toBeGreaterThan(2);
    expect(bytes(permissions.toReversed())).toEqual(expected);
    expect(bytes([...permissions, ...permissions.toSorted()])).toEqual(expected);
    expect(bytes(permissions.map((text, at) => `role r${(at * 7) % 5}: ${text}`))).toEqual(expected);
  });

  it('P-09: stand in one document with all that bounds them', () => {
    const set = compiled(
      Array.from({ length: 25 }, (_, at) => `${at % 2 ? 'read' : 'write'} +/+/line-${String.fromCharCode(97 + at)}`),
    );
    expect(set.documents.length).toBeGreaterThan(2);
    for (const [index] of set.documents.entries()) {
      const own = statements(set, index);
      const denied = new Set(own.flatMap((text) => (text.startsWith('Deny') ? text.split(' ').slice(2) : [])));
      const allowed = own.flatMap((text) => (text.startsWith('Allow') ? text.split(' ').slice(2) : []));
      expect(allowed.length).toBeGreaterThan(0);
      for (const resource of allowed) {
        expect(denied).toContain(resource.replace('/*/', '/*/*/'));
        expect(denied).toContain(resource.replace(/\/.*/, '/$*'));
      }
    }
  });
});

describe('a bound that refuses what another permission grants', () => {
  it('P-09: is an error that names both and says what to do', () => {
    expect(problem(['role line-1: readWrite a/+/b', 'role line-2: read a/x/y/b'])).toEqual({
      code: 'POLICY_UNREPRESENTABLE',
      message:
        'role line-1: a/+/b cannot stand beside role line-2: a/x/y/b: an IoT policy knows no wildcard for one level, so ' +
        'the first needs a Deny of a/*/*/b, which would refuse topics that the second grants; use # in the place of +, ' +
        'or a layout in which such topics never meet, or plusMode widen, where + stands for several levels',
    });
  });

  it.each<[string, readonly string[], NamingProfile]>([
    ['a filter', ['read a/+/b', 'read a/+/+/b'], 'connectware'],
    ['#', ['write a/+/b', 'write a/x/#'], 'connectware'],
    ['a retained topic', ['write a/+/b retain', 'write a/x/y/b retain'], 'connectware'],
    ['what may be published in either case', ['write a/+/b', 'write a/x/y/b retain'], 'connectware'],
    ['a placeholder', ['read a/+/b', 'read a/{clientId}/{tenant}/b'], 'connectware'],
    ['the topics that a device reads by its profile', ['read tc/+/x'], 'eu1'],
    ['the topics that a device writes by its profile', ['write +/+/messages/+'], 'eu2'],
    // +/x/# covers it, and refuses it
    ['a topic that the permission covers itself', ['write +/x/#', 'write a/x/b/x'], 'connectware'],
  ])('P-09: is an error for %s', (_, permissions, profile) => {
    expect(problem(permissions, profile)?.code).toBe('POLICY_UNREPRESENTABLE');
  });

  it.each<[string, readonly string[], NamingProfile]>([
    ['of another action', ['write a/+/b', 'read a/x/y/b'], 'connectware'],
    ['of another action of the profile', ['read tc/acme/{clientId}/o/+/x', 'write tc/acme/{clientId}/i/+/x'], 'eu1'],
    ['of as many levels', ['write a/+/b', 'write a/x/c', 'write a/c/+'], 'connectware'],
    ['that may be retained alone', ['write a/# retain', 'write a/+/b'], 'connectware'],
    ['of an http path', ['write +/b', 'write /x/y/b'], 'connectware'],
    ['that the permission says again', ['role a: write +/x/#', 'role b: readWrite +/x/#'], 'connectware'],
  ])('P-09: is none for a topic %s', (_, permissions, profile) => {
    expect(problem(permissions, profile)).toBeNull();
  });

  it('P-09: is known for {tenant}, whose name the set has: the policy keeps the variable', () => {
    const permissions = ['write {tenant}/+/b', 'write other/x/y/b'];
    const set = compiled(permissions);
    const tenant = `\${Connection.Thing.Attributes[tenant]}`;
    expect(statements(set)).toEqual([
      `Allow Publish topic/other/x/y/b topic/${tenant}/*/b`,
      `Deny Publish topic/${tenant}/*/*/b`,
    ]);
    expect(allows(set, 'Publish acme/x/b')).toBe(true);
    expect(allows(set, 'Publish acme/x/y/b')).toBe(false);
    expect(allows(set, 'Publish other/x/y/b')).toBe(true);

    const other = compilePolicies(
      permissionSetOf(tenantName('other'), 'connectware', '0123456789abcdef'),
      permissions.map(granted),
      ARN,
    );
    expect(other).toMatchObject({ ok: false, error: { code: 'POLICY_UNREPRESENTABLE' } });
    expect(problem(['write acme/+/b', 'write {tenant}/x/y/b'])?.message).toContain('Deny of acme/*/*/b');
    expect(problem(['write other/+/b', 'write {tenant}/x/y/b'])).toBeNull();
  });

  it('P-09: is no conflict of a pattern with itself, its tenant named or not', () => {
    const set = compiled(['write {tenant}/+/x/#', 'write acme/+/x/#']);
    expect(set.inexact.map(({ granted: { permission }, kind }) => `${kind} ${permission.resource}`)).toEqual([
      'narrower acme/+/x/#',
      'narrower {tenant}/+/x/#',
    ]);
  });

  it('P-11: is kept for a topic that another covers by the name of its tenant alone', () => {
    expect(statements(compiled(['write {tenant}/#', 'write acme/x']))).toEqual([
      `Allow Publish topic/acme/x topic/\${Connection.Thing.Attributes[tenant]} topic/\${Connection.Thing.Attributes[tenant]}/*`,
    ]);
  });

  it('P-09: is left out where widen was asked for, for that action alone, and reported', () => {
    const set = compiled(['role line-1: readWrite a/+/b widen', 'role line-2: read a/x/y/b']);
    expect(statements(set)).toEqual([
      'Allow Publish,Subscribe,Receive topic/a/*/b topicfilter/a/*/b',
      'Deny Publish topic/a/*/*/b',
      'Allow Subscribe,Receive topic/a/x/y/b topicfilter/a/x/y/b',
    ]);
    expect(set.inexact).toEqual([
      {
        granted: granted('role line-1: readWrite a/+/b widen'),
        kind: 'wider',
        because: 'its + stands for several levels: a Deny of a/*/*/b would refuse topics of role line-2: a/x/y/b',
      },
    ]);
  });

  it('P-09: stays where widen was asked for and nothing is in the way', () => {
    const permissions = ['readWrite a/+/b', 'read +/c'];
    const widened = compiled(permissions.map((text) => `${text} widen`));
    expect(widened.documents.map(({ json }) => json)).toEqual(compiled(permissions).documents.map(({ json }) => json));
    expect(widened.inexact).toEqual([]);
  });

  it('P-09: is left out one by one', () => {
    const set = compiled(['write a/+/+/c widen', 'write a/x/y/z/c', 'write k/+/b/+ widen', 'write k/d/e/b/f']);
    expect(statements(set)).toEqual([
      'Allow Publish topic/a/*/*/c topic/a/x/y/z/c topic/k/*/b/* topic/k/d/e/b/f',
      'Deny Publish topic/k/*/b/*/*',
    ]);
    expect(set.inexact.map(({ kind, granted: { permission } }) => [kind, permission.resource])).toEqual([
      ['wider', 'a/+/+/c'],
      ['wider', 'k/+/b/+'],
    ]);
  });

  it('P-09: is never left out for a role that did not ask, also where another one did', () => {
    expect(problem(['write a/+ widen', 'write a/+', 'write a/x/y'])?.code).toBe('POLICY_UNREPRESENTABLE');
    expect(problem(['write a/+', 'write a/x/y widen'])?.code).toBe('POLICY_UNREPRESENTABLE');
  });

  it('P-09: is kept and reported where it refuses topics of its own permission', () => {
    const set = compiled(['role line-1: write +/x/#']);
    expect(statements(set)).toEqual([
      'Allow Publish topic/*/x topic/*/x/*',
      'Deny Publish topic/*/*/x topic/*/*/x/* topic/$*',
    ]);
    expect(allows(set, 'Publish a/x/x')).toBe(false);
    expect(set.inexact).toEqual([
      {
        granted: granted('role line-1: write +/x/#'),
        kind: 'narrower',
        because:
          'a Deny of */*/x holds its + to one level, and also refuses topics in which what follows the + comes again',
      },
    ]);
  });

  it('P-09: is left out there on request', () => {
    const set = compiled(['role line-1: write +/x/# widen']);
    expect(statements(set)).toEqual(['Allow Publish topic/*/x topic/*/x/*', 'Deny Publish topic/$*']);
    expect(set.inexact).toMatchObject([
      {
        kind: 'wider',
        because: 'its + stands for several levels: a Deny of */*/x would refuse topics of role line-1: +/x/#',
      },
    ]);
  });

  it('P-09: of what another covers matters to nobody', () => {
    expect(compiled(['write +/x/#', 'write #', 'write a/+/b', 'write a/x/y/b']).inexact).toEqual([]);
  });

  it('shortens what is long and hides what a terminal would obey', () => {
    const message = problem([
      `role ${'x'.repeat(200)}\u{202e}: write a/+/${'y'.repeat(100)}`,
      `role \u{202e}: write a/\u{202e}/x/${'y'.repeat(100)}`,
    ])?.message;
    expect(message).toMatch(
      /^role x{74}…: a\/\+\/y{75}… cannot stand beside role \\u\{202e\}: a\/\\u\{202e\}\/x\/y+…: .* a Deny of a\/\*\/\*\/y{73}…, /,
    );
  });
});

describe('the size of policies', () => {
  const many = (count: number, topic: (at: number) => string) =>
    Array.from({ length: count }, (_, at) => `readWrite ${topic(at)}`);
  const inOne = (topic: (at: number) => string, profile: NamingProfile): number => {
    const documents = compiled(many(20, topic), profile).documents;
    return documents[0]?.sources.slice(profile === 'eu1' ? 4 : 1, profile === 'eu1' ? 5 : 2).flat().length ?? 0;
  };

  it('P-11: is at most 2,048 bytes of at most ten documents, which together allow everything', () => {
    const set = compiled(
      many(100, (at) => `plant/line-${at}/state`),
      'eu1',
    );
    expect(set.documents.length).toBeLessThanOrEqual(10);
    for (const { json, size } of set.documents) {
      expect(size).toBe(json.length);
      expect(size).toBeLessThanOrEqual(2_048);
    }
    for (let at = 0; at < 100; at += 1) expect(allows(set, `Publish plant/line-${at}/state`)).toBe(true);
  });

  it('P-11: leaves room for 11 short topics beside the topics of a profile', () => {
    expect(inOne((at) => `a/${String.fromCharCode(97 + at)}`, 'eu1') / 2).toBe(11);
    expect(inOne((at) => `a/${String.fromCharCode(97 + at)}`, 'connectware') / 2).toBe(15);
  });

  it('P-11: is an error where ten documents are not enough, never a part of what was asked', () => {
    expect(problem(many(300, (at) => `plant/line-${at}/state`))).toEqual({
      code: 'POLICY_TOO_LARGE',
      message:
        'the permissions take 24 policies of 2048 bytes, expected at most 10; use fewer permissions, shorter topics, ' +
        'or one # in the place of many topics',
    });
  });

  it('P-11: is an error for more than 500 permissions, also where one covers all others', () => {
    const covered = (count: number) => ['readWrite plant/#', ...many(count - 1, (at) => `plant/line-${at}`)];
    expect(compiled([...covered(500), 'read /plant']).documents).toHaveLength(1);
    expect(problem(covered(501))).toEqual({
      code: 'POLICY_TOO_LARGE',
      message: 'the permissions are 501, expected at most 500 together; use one # in the place of many topics',
    });
  });

  it('P-11: may be ten documents and not eleven', () => {
    const sizes = Array.from({ length: 20 }, (_, at) => compile(many(at + 115, (n) => `plant/line-${n}/state`)));
    const most = sizes.findLast((result) => result.ok);
    expect(most?.ok && most.value.documents.length).toBe(10);
    const least = sizes.find((result) => !result.ok);
    expect(least?.ok === false && least.error.message).toMatch(/^the permissions take 11 policies/);
  });

  it('P-11: is one document for a set without roles', () => {
    const alone = (texts: readonly string[]) => compilePolicies(setOf('eu1', null), texts.map(granted), ARN);
    expect(alone([])).toMatchObject({ ok: true, value: { documents: [{}] } });
    expect(alone(many(20, (at) => `plant/line-${at}`))).toMatchObject({
      ok: false,
      error: { code: 'POLICY_TOO_LARGE', message: expect.stringContaining('expected at most 1;') },
    });
  });

  it('P-11: is an error for one permission that a document has no room for', () => {
    expect(problem([`role line-1: readWrite +/${'x'.repeat(200)}/+/+/y/+/z`])).toEqual({
      code: 'POLICY_TOO_LARGE',
      message: expect.stringMatching(
        /^role line-1: \+\/x{77}… takes a policy of \d{4} bytes, expected at most 2048; use fewer \+ or shorter levels$/,
      ),
    });
  });

  it('P-11: counts bytes: of topics that are not ASCII fewer go into a document', () => {
    const { documents } = compiled(many(20, (at) => `Öl/Förderband/Störung-${at}`));
    for (const { json, size } of documents) {
      expect(size).toBe(Buffer.byteLength(json));
      expect(size).toBeLessThanOrEqual(2_048);
    }
  });

  it('P-11: lets one permission fill a document to the last byte', () => {
    // a character of the topic stands in four resources, one of the region in five
    const sizes = [200, 201, 202, 203, 204].flatMap((length) =>
      Array.from({ length: 10 }, (_, at) =>
        compilePolicies(setOf('connectware'), [granted(`write +/${'x'.repeat(length)}/+/y/+`)], {
          ...ARN,
          region: 'r'.repeat(170 + at),
        }),
      ).flatMap((result) => (result.ok ? result.value.documents.map(({ size }) => size) : [0])),
    );
    expect(Math.max(...sizes)).toBe(2_048);
  });
});

describe('the source of a resource', () => {
  it('is the permission and who gives it, or the naming profile', () => {
    const set = compiled(['role b: write a', 'role a: write b/+', 'user device001: read c', 'role c: read c'], 'eu1');
    const sources = set.documents[0]?.sources.map((resources, statement) =>
      resources.map((_, resource) => {
        const { from, permission } = sourceOf(set, 0, statement, resource);
        return `${from} ${permission?.resource ?? '-'}`;
      }),
    );
    expect(sources).toEqual([
      ['naming profile eu1 -'],
      ['naming profile eu1 -'],
      ['naming profile eu1 -'],
      ['naming profile eu1 -'],
      ['role b a', 'role a b/+'],
      ['role a b/+'],
      ['role c c', 'role c c'],
    ]);
  });

  it('is an error where there is no such resource', () => {
    const set = compiled(['write a']);
    expect(() => sourceOf(set, 0, 1, 1)).toThrow('no resource 1 in statement 1 of document 0');
    expect(() => sourceOf(set, 0, 2, 0)).toThrow(RangeError);
    expect(() => sourceOf(set, 1, 0, 0)).toThrow(RangeError);
  });
});
