import { describe, expect, it } from 'vitest';
import { type Explanation, explain, explainBarred } from '#domain/explain-permission.ts';
import { clientId, tenantName } from '#domain/ids.ts';
import type { Question, Rights } from '#domain/judge-permission.ts';
import type { NamingProfile } from '#domain/naming.ts';
import type { Operation } from '#domain/permission.ts';
import type { Granted } from '#domain/permission-compiler.ts';
import { permissionSetOf } from '#domain/permission-set.ts';

const ARN = 'arn:aws:iot:eu-central-1:123456789012:';

const granted = (from: string, operation: Operation, resource: string, changes: Partial<Granted> = {}): Granted => ({
  permission: { resource, operation, context: 'mqtt', allowRetain: false },
  from,
  plusMode: 'exact',
  ...changes,
});
const retained = (from: string, resource: string): Granted =>
  granted(from, 'write', resource, {
    permission: { resource, operation: 'write', context: 'mqtt', allowRetain: true },
  });
const http = (from: string, operation: Operation, resource: string): Granted =>
  granted(from, operation, resource, { permission: { resource, operation, context: 'http', allowRetain: false } });

const rightsOf = (permissions: readonly Granted[], profile: NamingProfile = 'connectware'): Rights => ({
  clientId: clientId('device01'),
  user: 'device01',
  set: permissionSetOf(tenantName('acme'), profile, '0123456789abcdef'),
  granted: permissions,
  arn: { partition: 'aws', region: 'eu-central-1', accountId: '123456789012' },
});
/** A device that was let in while its tenant asked for no users. */
const userless = (profile: NamingProfile): Rights => ({
  ...rightsOf([]),
  user: null,
  set: permissionSetOf(tenantName('acme'), profile),
});

const LINE_1 = [granted('role line-1', 'read', 'edge.cybus/#'), granted('role line-1', 'write', 'edge.cybus/+/state')];
const ADMIN = [granted('role connectware-admin', 'readWrite', '#')];

/** `publish edge.cybus/a`, `publish! edge.cybus/a` for a retained one */
const asking = (text: string): Question => {
  const [verb = '', resource = ''] = text.split(/ (.*)/s);
  return { action: verb.replace('!', '') as Question['action'], resource, retain: verb.endsWith('!') };
};
const answer = (rights: Rights, question: Question): Explanation => {
  const explained = explain(rights, question);
  if (!explained.ok) throw new Error(explained.error.message);
  return explained.value;
};
/** The cause after the colon of the sentence. */
const told = (rights: Rights, text: string) => {
  const { allowed, because, change } = answer(rights, asking(text));
  return { allowed, cause: because.slice(because.indexOf(': ') + 2), change };
};

describe('what is allowed is traced to its permission, and to the edit that would refuse it', () => {
  it('U-10: names the permission, its role, and the statement as it stands in the policy', () => {
    expect(answer(rightsOf(LINE_1), asking('publish edge.cybus/a/state'))).toEqual({
      clientId: 'device01',
      action: 'publish',
      resource: 'edge.cybus/a/state',
      retain: false,
      allowed: true,
      because: 'device01 may publish to edge.cybus/a/state: role line-1 permits write on edge.cybus/+/state',
      barredBy: null,
      statement: {
        document: 0,
        effect: 'Allow',
        action: 'iot:Publish',
        resource: `${ARN}topic/edge.cybus/*/state`,
      },
      source: { from: 'role line-1', permission: LINE_1[1]?.permission },
      change: 'remove write on edge.cybus/+/state from role line-1',
    });
  });

  it.each([
    ['subscribe edge.cybus/+/x', 'subscribe to edge.cybus/+/x', 'iot:Subscribe', 'topicfilter/edge.cybus/*'],
    ['receive edge.cybus/a', 'receive what is published to edge.cybus/a', 'iot:Receive', 'topic/edge.cybus/*'],
    ['receive edge.cybus', 'receive what is published to edge.cybus', 'iot:Receive', 'topic/edge.cybus'],
  ])('P-04, P-07: %s', (text, deed, action, resource) => {
    expect(answer(rightsOf(LINE_1), asking(text))).toMatchObject({
      allowed: true,
      because: `device01 may ${deed}: role line-1 permits read on edge.cybus/#`,
      statement: { effect: 'Allow', action, resource: ARN + resource },
      change: 'remove read on edge.cybus/# from role line-1',
    });
  });

  it.each([
    ['P-06: readWrite', [granted('role a', 'readWrite', 'a')], 'publish a', 'make readWrite on a of role a read only'],
    ['P-06: readWrite', [granted('role a', 'readWrite', 'a')], 'receive a', 'make readWrite on a of role a write only'],
    ['P-05: retained', [retained('role a', 'a')], 'publish! a', 'take allowRetain from write on a of role a'],
    ['P-05: not retained', [retained('role a', 'a')], 'publish a', 'remove write on a from role a'],
    ['U-09: the built-in role', ADMIN, 'publish a', 'take role connectware-admin from user device01'],
    [
      'U-07: a permission of the user',
      [granted('user device01', 'read', 'a')],
      'subscribe a',
      'remove read on a from user device01',
    ],
    [
      'U-07: several that give the same',
      [granted('role a', 'readWrite', 'd/#'), granted('user device01', 'write', 'd/+'), ...ADMIN],
      'publish d/x',
      'take role connectware-admin from user device01, and make readWrite on d/# of role a read only, and remove write on d/+ from user device01',
    ],
    [
      'what stands alone no longer',
      [granted('role a', 'write', 'a/#'), granted('role a', 'write', 'a/+/b'), granted('role a', 'write', 'a/x/y/b')],
      'publish a/c',
      expect.stringMatching(
        /^remove write on a\/# from role a; what is left must be changed too: .*cannot stand beside/,
      ),
    ],
  ])('%s: %#', (_name, permissions, text, change) => {
    expect(told(rightsOf(permissions), text)).toMatchObject({ allowed: true, change });
  });

  it('the built-in role is taken from a user that is not known by name', () => {
    const rights = { ...rightsOf(ADMIN), user: null };
    expect(told(rights, 'publish a').change).toBe('take role connectware-admin from its user');
  });

  it('P-02, U-13: what the naming profile gives no role can take', () => {
    const rights = rightsOf(LINE_1, 'eu1');
    expect(answer(rights, asking('publish tc/acme/device01/o/mc_v3/ts'))).toMatchObject({
      allowed: true,
      because: 'device01 may publish to tc/acme/device01/o/mc_v3/ts: naming profile eu1 gives that to all its devices',
      source: { from: 'naming profile eu1', permission: null },
      change: 'take the certificate grant from user device01, which keeps the device out: no role gives this',
    });
  });

  it('placeholders are shown as they are for this device', () => {
    const rights = rightsOf([granted('role a', 'read', '{tenant}/{clientId}/#')]);
    expect(told(rights, 'receive acme/device01/x').cause).toBe(
      'role a permits read on {tenant}/{clientId}/#, here acme/device01/#',
    );
  });

  it('P-09: says where a filter matches more than the permission, and why a + stands for several levels', () => {
    expect(told(rightsOf([granted('role a', 'read', '+/+')]), 'subscribe b/#')).toEqual({
      allowed: true,
      cause: 'role a permits read on +/+, and what the filter matches beyond that is not delivered',
      change: 'remove read on +/+ from role a',
    });
    const widened = [granted('role a', 'write', 'a/+/b', { plusMode: 'widen' }), granted('role a', 'write', 'a/x/y/b')];
    expect(told(rightsOf(widened), 'publish a/1/2/b').cause).toMatch(
      /^role a permits write on a\/\+\/b, and its \+ stands for several levels/,
    );
  });

  it('P-01: its own client id, as long as it is in', () => {
    expect(answer(userless('connectware'), asking('connect device01'))).toMatchObject({
      allowed: true,
      because: 'device01 may connect as device01: that is its own client id, and the certificate is its own',
      statement: {
        document: 0,
        effect: 'Allow',
        action: 'iot:Connect',
        resource: `${ARN}client/\${iot:Connection.Thing.ThingName}`,
      },
      source: { from: 'naming profile connectware', permission: null },
      change: 'nothing short of keeping the device out: no role gives this, so that none can take it away',
    });
  });

  it('retain counts for what is published only', () => {
    expect(told(rightsOf(LINE_1), 'subscribe! edge.cybus/a').allowed).toBe(true);
    expect(answer(rightsOf(LINE_1), asking('receive! edge.cybus/a')).retain).toBe(false);
  });
});

describe('what is refused is answered with the nearest permission, and with an edit that was tried', () => {
  it('P-13: nothing applies, and the statement is null', () => {
    expect(answer(rightsOf(LINE_1), asking('publish foo'))).toMatchObject({
      allowed: false,
      because: 'device01 may not publish to foo: it has only write on edge.cybus/+/state (role line-1)',
      statement: null,
      source: null,
      change: 'add write on foo to role line-1',
    });
  });

  it('P-09: the Deny that keeps a + to one level is shown with its permission', () => {
    expect(answer(rightsOf(LINE_1), asking('publish edge.cybus/a/b/state'))).toMatchObject({
      allowed: false,
      statement: { effect: 'Deny', action: 'iot:Publish', resource: `${ARN}topic/edge.cybus/*/*/state` },
      source: { from: 'role line-1', permission: LINE_1[1]?.permission },
    });
  });

  it.each<readonly [id: string, rights: Rights, text: string, cause: string, change: string]>([
    [
      'P-01: another client id',
      rightsOf(ADMIN),
      'connect device02',
      'a device connects with its own client id and no other',
      'set the client id of the device to device01',
    ],
    [
      'P-01: its client id in another case',
      rightsOf(ADMIN),
      'connect Device01',
      'upper and lower case differ in a client id',
      'set the client id of the device to device01',
    ],
    [
      'P-04: read is not write',
      rightsOf([granted('role line-1', 'read', 'edge.cybus/#')]),
      'publish edge.cybus/a',
      'role line-1 permits read on edge.cybus/#, not write',
      'add write on edge.cybus/a to role line-1, or wider: make read on edge.cybus/# of role line-1 readWrite',
    ],
    [
      'P-05: write is not read',
      rightsOf([granted('role a', 'write', 'a/b')]),
      'subscribe a/b',
      'role a permits write on a/b, not read',
      'make write on a/b of role a readWrite',
    ],
    [
      'P-05: not retained',
      rightsOf(LINE_1),
      'publish! edge.cybus/a/state',
      'role line-1 permits write on edge.cybus/+/state, but not retained',
      'publish it without retain, or add write on edge.cybus/a/state with allowRetain to role line-1, or wider: set allowRetain for write on edge.cybus/+/state of role line-1',
    ],
    [
      'P-05: read is neither write nor retained',
      rightsOf([granted('role a', 'read', 'a')]),
      'publish! a',
      'role a permits read on a, not write',
      'make read on a of role a readWrite with allowRetain',
    ],
    [
      'P-05: of the built-in role, which nobody can edit',
      rightsOf(ADMIN),
      'publish! a/b',
      'role connectware-admin permits readWrite on #, but not retained',
      'publish it without retain, or give user device01 a role with write on a/b with allowRetain',
    ],
    [
      'P-02: the naming profile lets nothing be retained',
      userless('eu1'),
      'publish! tc/acme/device01/o/x',
      'naming profile eu1 permits it, but not retained',
      'publish it without retain',
    ],
    [
      'P-09: one level more',
      rightsOf(LINE_1),
      'publish edge.cybus/a/b/state',
      'role line-1 permits write on edge.cybus/+/state, where + stands for exactly one level',
      'use exactly one level in the place of each +, or add write on edge.cybus/a/b/state to role line-1, and set plusMode widen on role line-1, whose + then stands for several levels too',
    ],
    [
      'P-09: the + of two roles',
      rightsOf([granted('role a', 'write', 'a/+/b'), granted('role b', 'write', '+/2/b')]),
      'publish a/1/2/b',
      'role b permits write on +/2/b, where + stands for exactly one level',
      'use exactly one level in the place of each +, or add write on a/1/2/b to role b, and set plusMode widen on role a and role b, whose + then stands for several levels too',
    ],
    [
      "P-09: one level more, of a user's own, which knows no plusMode",
      rightsOf([granted('user device01', 'write', 'a/+/b')]),
      'publish a/1/2/b',
      'user device01 permits write on a/+/b, where + stands for exactly one level',
      'use exactly one level in the place of each +',
    ],
    [
      'P-09: several levels in a filter, which no statement denies',
      rightsOf([granted('role a', 'read', 'a/+/b/+')]),
      'subscribe a/+/+/b/x',
      'role a permits read on a/+/b/+, where + stands for exactly one level',
      expect.stringMatching(/^use exactly one level in the place of each \+/),
    ],
    [
      'P-09: the class that no policy can say exactly',
      rightsOf([granted('role a', 'read', '+/x/#')]),
      'receive a/x/x/b',
      expect.stringMatching(/^role a permits read on \+\/x\/#, but no IoT policy can say so exactly: .*Deny/),
      'set plusMode widen on role a, whose + then stands for several levels too',
    ],
    [
      'P-07: a filter that is wider',
      rightsOf(LINE_1),
      'subscribe #',
      'role line-1 permits read on edge.cybus/#, and the filter asks for more',
      'subscribe to edge.cybus/#, or add read on # to role line-1',
    ],
    [
      'P-07: a filter that only overlaps',
      rightsOf([granted('role a', 'read', 'a/+/state')]),
      'subscribe a/b/+',
      'role a permits read on a/+/state, and the filter asks for more',
      'subscribe to a/b/state, or add read on a/b/+ to role a',
    ],
    [
      'P-07: a filter that overlaps at its end',
      rightsOf([granted('role a', 'read', 'a')]),
      'subscribe a/#',
      'role a permits read on a, and the filter asks for more',
      'subscribe to a, or add read on a/# to role a',
    ],
    [
      'P-07: a filter that overlaps ahead, with the part that is permitted',
      rightsOf([granted('role line-1', 'read', 'edge.cybus/#')]),
      'subscribe +/x',
      'role line-1 permits read on edge.cybus/#, and the filter asks for more',
      'subscribe to edge.cybus/x',
    ],
    [
      'P-07: a filter whose permitted part the policies refuse',
      rightsOf([granted('role a', 'read', '+/x/+/x/#')]),
      'subscribe +/+/+/+/x/#',
      'role a permits read on +/x/+/x/#, and the filter asks for more',
      expect.stringMatching(/^subscribe to \+\/x\/\+\/x\/#(, or |$)/),
    ],
    [
      "P-02: another device's topic",
      userless('eu1'),
      'publish tc/acme/device02/o/x',
      'naming profile eu1 permits write below tc/acme/device01/o: each device has only its own topics',
      'use tc/acme/device01/o/x',
    ],
    [
      "U-13: another device's topic, of a role",
      rightsOf([granted('role a', 'readWrite', '{tenant}/{clientId}/#')]),
      'publish acme/device02/x/y',
      'role a permits readWrite on {tenant}/{clientId}/#, here acme/device01/#: each device has only its own topics',
      'use acme/device01/x/y',
    ],
    [
      'P-02: the wrong way, without roles',
      userless('eu1'),
      'publish tc/acme/device01/i/x',
      'naming profile eu1 permits read below tc/acme/device01/i, not write',
      'publish to a topic below tc/acme/device01/o',
    ],
    [
      'P-03: the wrong way, with a role',
      rightsOf(LINE_1, 'eu2'),
      'subscribe devices/device01/messages/events/x',
      'naming profile eu2 permits write below devices/device01/messages/events, not read',
      'subscribe to a topic below devices/device01/messages/devicebound, or add read on devices/{clientId}/messages/events/x to role line-1',
    ],
    [
      'in another case',
      rightsOf(LINE_1),
      'publish Edge.Cybus/A/state',
      'role line-1 permits write on edge.cybus/+/state, and MQTT tells upper from lower case',
      'use edge.cybus/A/state',
    ],
    [
      'with a slash ahead',
      rightsOf(LINE_1),
      'publish /edge.cybus/a/state',
      'role line-1 permits write on edge.cybus/+/state, and a slash at an end of a topic makes one more level, an empty one',
      'use edge.cybus/a/state',
    ],
    [
      'with a slash at the end',
      rightsOf(LINE_1),
      'publish edge.cybus/a/state/',
      'role line-1 permits write on edge.cybus/+/state, and a slash at an end of a topic makes one more level, an empty one',
      'use edge.cybus/a/state',
    ],
    [
      'U-08: a permission for http',
      rightsOf([http('role a', 'write', '/api/+')]),
      'publish api/x',
      'role a permits write on /api/+ for http, which never reaches MQTT',
      'add write on api/x to role a',
    ],
    [
      'U-08: a permission for http that is of no use here',
      rightsOf([http('role a', 'read', '/api/+'), http('role a', 'write', '/other')]),
      'publish api/x',
      'it has no permission to write anything',
      'add write on api/x to role a',
    ],
    [
      'P-13: no permission at all',
      rightsOf([]),
      'publish x',
      'it has no permission to write anything',
      'give user device01 a role with write on x',
    ],
    [
      'U-13: no role can reach it',
      userless('connectware'),
      'subscribe x',
      'it has no permission to read anything',
      'no role reaches it: it was let in while its tenant asked for no users (userMatch); once the tenant does, retry the device, which brings it under the user of its common name',
    ],
    [
      'P-13: the first of many',
      rightsOf(['a', 'b', 'c', 'd'].map((topic) => granted('role r', 'read', topic))),
      'receive x/device01',
      'it has only read on a (role r), read on b (role r), read on c (role r) and 1 more',
      'add read on x/{clientId} to role r',
    ],
    [
      'P-13: what the naming profile gives is listed too',
      rightsOf([granted('role r', 'read', 'a')], 'eu1'),
      'receive x',
      'it has only read on a (role r), read below tc/acme/device01/i (naming profile eu1)',
      'add read on x to role r',
    ],
    [
      'P-08: $ is out of reach',
      rightsOf(ADMIN),
      'publish $aws/things/device02/shadow/update',
      'what begins with $ belongs to AWS IoT, and no permission reaches it',
      'use a topic that does not begin with $',
    ],
    [
      'P-08: a shared subscription without a filter',
      rightsOf(ADMIN),
      'subscribe $share/group',
      'what begins with $ belongs to AWS IoT, and no permission reaches it',
      'use a topic that does not begin with $',
    ],
    [
      'P-08: a shared subscription of what it may read',
      rightsOf(LINE_1),
      'subscribe $share/group/edge.cybus/#',
      'no permission gives a shared subscription, which takes messages away from the other devices in it',
      'subscribe to edge.cybus/# without $share/group/',
    ],
    [
      'P-08: a shared subscription of what it may not read',
      rightsOf(LINE_1),
      'subscribe $share/group/foo',
      'no permission gives a shared subscription, which takes messages away from the other devices in it',
      'subscribe to foo without $share/group/, and for that add read on foo to role line-1',
    ],
    [
      'P-10: a topic that no permission can name',
      rightsOf(LINE_1),
      'publish a*b',
      'it has only write on edge.cybus/+/state (role line-1)',
      expect.stringMatching(/^no permission can name it: expected a topic without \*, \?/),
    ],
    [
      'P-09: a permission that cannot stand beside another',
      rightsOf([granted('user device01', 'write', 'a/+/b'), granted('user device01', 'read', 'a/#')]),
      'publish a/1/2/b',
      'user device01 permits write on a/+/b, where + stands for exactly one level',
      'use exactly one level in the place of each +',
    ],
    ['no topic', rightsOf(ADMIN), 'publish ', 'MQTT has no empty topic', 'name a topic'],
    [
      'a topic with a wildcard',
      rightsOf(ADMIN),
      'receive a/+/b',
      '+ and # are for filters, and the name of a topic has none (MQTT 5 §4.7.1)',
      'name one topic',
    ],
    [
      'a filter with a misplaced +',
      rightsOf(ADMIN),
      'subscribe a+/b',
      'in a filter + is a whole level, and # the last one (MQTT 5 §4.7.1)',
      'put the wildcards so',
    ],
    [
      'a filter with a misplaced #',
      rightsOf(ADMIN),
      'subscribe a/#/b',
      'in a filter + is a whole level, and # the last one (MQTT 5 §4.7.1)',
      'put the wildcards so',
    ],
    [
      'P-11: too many levels',
      rightsOf(ADMIN),
      'publish 1/2/3/4/5/6/7/8/9',
      'AWS IoT Core takes at most 7 slashes, and here are 8',
      'use fewer levels',
    ],
    [
      'P-11: too many bytes, counted in UTF-8',
      rightsOf(ADMIN),
      `publish ${'ä'.repeat(129)}`,
      'AWS IoT Core takes at most 256 bytes, and these are 258',
      'use shorter names',
    ],
  ])('%s', (_id, rights, text, cause, change) => {
    expect(told(rights, text)).toEqual({ allowed: false, cause, change });
  });

  it('P-11: what MQTT itself refuses no statement decides, and at the limits nothing is refused', () => {
    expect(answer(rightsOf(ADMIN), asking('publish a/+'))).toMatchObject({ statement: null, source: null });
    expect(told(rightsOf(ADMIN), 'publish 1/2/3/4/5/6/7/8').allowed).toBe(true);
    expect(told(rightsOf(ADMIN), `publish ${'ä'.repeat(128)}`).allowed).toBe(true);
    expect(told(rightsOf(ADMIN), 'subscribe a/+/#').allowed).toBe(true);
    expect(told(rightsOf(ADMIN), 'publish \ud800').allowed).toBe(true);
  });

  it('a permission that covers the topic is nearer than one for the other operation', () => {
    const rights = rightsOf([granted('role a', 'read', '+/x/#'), granted('role b', 'write', 'a/#')]);
    expect(told(rights, 'receive a/x/x/b').cause).toMatch(/^role a permits read on \+\/x\/#, but no IoT policy/);
  });

  it('P-09: only what limits that very permission is told', () => {
    const rights = rightsOf([granted('role a', 'read', '+/x/#'), granted('role b', 'write', '+/y/#')]);
    const { cause } = told(rights, 'receive a/x/x/b');
    expect(cause).toContain('*/*/x');
    expect(cause).not.toContain('*/*/y');
  });

  it('of two that are equally near, the longer pattern is told', () => {
    const rights = rightsOf([granted('role a', 'read', 'a/#'), granted('role b', 'read', 'a/b/#')]);
    expect(told(rights, 'publish a/b/c').cause).toBe('role b permits read on a/b/#, not write');
  });

  it('an edit is advised only when the set still compiles with it', () => {
    const rights = rightsOf([
      granted('user device01', 'write', 'a/+/b'),
      ...Array.from({ length: 3 }, (_, n) => granted('user device01', 'read', `${n}`)),
    ]);
    // add write on a/1/2/b would be the answer, were it not for the Deny of a/*/*/b
    expect(told(rights, 'publish a/1/2/b').change).not.toContain('add');
  });
});

describe('a set without an answer', () => {
  it('P-09: is the problem of its compilation', () => {
    const rights = rightsOf([granted('role a', 'write', 'a/+/b'), granted('role a', 'write', 'a/x/y/b')]);
    expect(explain(rights, asking('publish x'))).toMatchObject({
      ok: false,
      error: { code: 'POLICY_UNREPRESENTABLE' },
    });
  });

  it('fails when the evaluator does not understand what was compiled', () => {
    const rights = rightsOf(LINE_1);
    const arn = { ...rights.arn, region: '${' };
    expect(() => explain({ ...rights, arn }, asking('publish x'))).toThrow('expected } after ${');
  });
});

describe('a device that is not let in', () => {
  const barred = (record: Parameters<typeof explainBarred>[1]) => {
    const explained = explainBarred('device01', record, asking('publish a'));
    return explained && [explained.because, explained.change];
  };
  const accept = { kind: 'accept', clientId: clientId('device01'), permissionSet: 'acme.eu1', user: null } as const;

  it('V-08: is told why, whatever is asked, and what would let it in', () => {
    expect(explainBarred('device01', { verdict: accept, causes: ['GRANT_REMOVED'] }, asking('publish! a'))).toEqual({
      clientId: 'device01',
      action: 'publish',
      resource: 'a',
      retain: true,
      allowed: false,
      because: 'device01 may not even connect: it is SUSPENDED for GRANT_REMOVED',
      barredBy: 'GRANT_REMOVED',
      statement: null,
      source: null,
      change: 'give its user the certificate grant again, or create the user again',
    });
  });

  it('names every cause', () => {
    expect(barred({ verdict: accept, causes: ['CA_REVOKED', 'OPERATOR'] })).toEqual([
      'device01 may not even connect: it is SUSPENDED for CA_REVOKED, OPERATOR',
      'restore the trust anchor, and resume the device',
    ]);
  });

  it('says what an operator does of one that is held, rejected or not decided yet', () => {
    const held = { kind: 'hold', clientId: clientId('device01'), reason: 'APPROVAL_REQUIRED', seen: 'x' } as const;
    expect(barred({ verdict: held, causes: [] })).toEqual([
      'device01 may not even connect: it is HELD, the tenant admits new devices only when an operator says so',
      'approve or reject the device',
    ]);
    expect(barred({ verdict: null, causes: [] })).toEqual([
      'device01 may not even connect: it is PENDING, not decided yet',
      'look again in a moment',
    ]);
  });

  it('has no such answer once it is let in', () => {
    expect(explainBarred('device01', { verdict: accept, causes: [] }, asking('publish a'))).toBeNull();
  });
});
