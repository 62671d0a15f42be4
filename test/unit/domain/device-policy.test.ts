import { describe, expect, it } from 'vitest';
import { tenantName } from '#domain/ids.ts';
import { authorize, policyContext } from '#domain/iot-policy.ts';
import { parsePolicy } from '#domain/iot-policy-document.ts';
import { namingOf } from '#domain/naming.ts';
import { compilePolicies } from '#domain/permission-compiler.ts';
import { type PermissionSet, permissionSetOf } from '#domain/permission-set.ts';

const ARN = { partition: 'aws', region: 'eu-central-1', accountId: '111122223333' };
const acme = tenantName('acme');
/** The one document of a set without roles. */
const policyOf = (set: PermissionSet, arn = ARN): string => {
  const compiled = compilePolicies(set, [], arn);
  if (!compiled.ok) throw new TypeError(compiled.error.message);
  expect(compiled.value.inexact).toEqual([]);
  expect(compiled.value.documents).toHaveLength(1);
  return compiled.value.documents[0]?.json ?? '';
};
const documentOf = (naming: string) => policyOf(permissionSetOf(acme, namingOf(naming).profile));

type Session = Readonly<Record<string, string | readonly string[] | null>>;
/** A device that connects with its own id, as the broker sees it. */
const OWN: Session = {
  'iot:ClientId': 'acme_device01',
  'iot:Connection.Thing.ThingName': 'acme_device01',
  'iot:Connection.Thing.IsAttached': 'true',
};

const allowed = (naming: string, action: string, path: string, session: Session = OWN): boolean => {
  const document = parsePolicy(documentOf(naming));
  if (!document.ok) throw new TypeError(document.error);
  const request = { action: `iot:${action}`, resource: `arn:aws:iot:eu-central-1:111122223333:${path}` };
  return authorize(request, [document.value], policyContext(session)).allowed;
};

const EVERY = ['eu1', 'eu2', 'private-cloud', 'connectware', '{tenant}-{cn}'];

describe('the policy of a permission set', () => {
  it('P-01: reads as AWS wants it', () => {
    expect(JSON.parse(documentOf('connectware'))).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: 'iot:Connect',
          Resource: `arn:aws:iot:eu-central-1:111122223333:client/\${iot:Connection.Thing.ThingName}`,
          Condition: {
            Bool: { 'iot:Connection.Thing.IsAttached': 'true' },
            'ForAllValues:StringEquals': { 'iot:ConnectAttributes': ['PersistentConnect', 'LastWill'] },
          },
        },
      ],
    });
  });

  it.each(EVERY)('P-11: of %s has at most 2,048 characters, even for the longest names', (naming) => {
    const longest = { partition: 'aws-us-gov', region: 'ap-southeast-99', accountId: '1'.repeat(12) };
    const set = permissionSetOf(tenantName('x'.repeat(32)), namingOf(naming).profile);
    expect(policyOf(set, longest).length).toBeLessThanOrEqual(2_048);
  });

  it('names the set after tenant and profile', () => {
    expect(EVERY.map((naming) => permissionSetOf(acme, namingOf(naming).profile).id)).toEqual([
      'acme.eu1',
      'acme.eu2',
      'acme.private-cloud',
      'acme.connectware',
      'acme.template',
    ]);
  });
});

describe('connecting', () => {
  it.each(EVERY)('P-01: under %s the own id may connect', (naming) => {
    expect(allowed(naming, 'Connect', 'client/acme_device01')).toBe(true);
  });

  it.each(['PersistentConnect', 'LastWill'])('P-01: the own id may connect with %s', (attribute) => {
    expect(allowed('eu1', 'Connect', 'client/acme_device01', { ...OWN, 'iot:ConnectAttributes': [attribute] })).toBe(
      true,
    );
  });

  it.each<[string, string, Session]>([
    ['another id', 'client/acme_device02', OWN],
    ['the CN alone', 'client/device01', OWN],
    ['other case', 'client/ACME_device01', OWN],
    ['+', 'client/+', OWN],
    ['*', 'client/*', OWN],
    ['the text of the variable', `client/\${iot:Connection.Thing.ThingName}`, OWN],
    [
      'a certificate that is not attached',
      'client/acme_device01',
      { ...OWN, 'iot:Connection.Thing.IsAttached': 'false' },
    ],
    ['a client that is no thing', 'client/acme_device01', { 'iot:ClientId': 'acme_device01' }],
    ['an attribute unheard of', 'client/acme_device01', { ...OWN, 'iot:ConnectAttributes': ['LastWill', 'Other'] }],
  ])('P-01: %s may not connect', (_, path, session) => {
    for (const naming of EVERY) expect(allowed(naming, 'Connect', path, session)).toBe(false);
  });
});

describe('topics', () => {
  it.each([
    ['P-02', 'eu1', 'Publish', 'topic/tc/acme/acme_device01/o/mc_v3/ts', true],
    ['P-02', 'private-cloud', 'Publish', 'topic/tc/acme/acme_device01/o/mc_v3/ts', true],
    ['J-14', 'eu1', 'Subscribe', 'topicfilter/tc/acme/acme_device01/i/amo_v3/ms', true],
    ['P-02', 'eu1', 'Subscribe', 'topicfilter/tc/acme/acme_device01/i/#', true],
    ['P-02', 'eu1', 'Receive', 'topic/tc/acme/acme_device01/i/amo_v3/ms', true],
    ['P-02', 'eu1', 'Publish', 'topic/tc/acme/acme_device01/i/amo_v3/ms', false],
    ['P-02', 'eu1', 'Subscribe', 'topicfilter/tc/acme/acme_device01/o/mc_v3/ts', false],
    ['P-02', 'eu1', 'Subscribe', 'topicfilter/tc/acme/+/i/#', false],
    ['P-02', 'eu1', 'Subscribe', 'topicfilter/tc/#', false],
    ['P-02', 'eu1', 'Subscribe', 'topicfilter/#', false],
    ['P-02', 'eu1', 'Publish', 'topic/tc/acme/acme_device02/o/mc_v3/ts', false],
    ['P-02', 'eu1', 'Publish', 'topic/tc/globex/acme_device01/o/mc_v3/ts', false],
    ['P-02', 'eu1', 'Receive', 'topic/tc/acme/acme_device02/i/amo_v3/ms', false],
    ['P-03', 'eu2', 'Publish', 'topic/devices/acme_device01/messages/events/mc_v3=ts', true],
    ['P-03', 'eu2', 'Subscribe', 'topicfilter/devices/acme_device01/messages/devicebound/#', true],
    ['P-03', 'eu2', 'Receive', 'topic/devices/acme_device01/messages/devicebound/a/b', true],
    ['P-03', 'eu2', 'Publish', 'topic/devices/acme_device01/messages/devicebound/a', false],
    ['P-03', 'eu2', 'Publish', 'topic/devices/acme_device02/messages/events/mc_v3=ts', false],
    ['P-03', 'eu2', 'Subscribe', 'topicfilter/devices/+/messages/devicebound/#', false],
    ['P-03', 'eu2', 'Publish', 'topic/tc/acme/acme_device01/o/mc_v3/ts', false],
    ['P-13', 'connectware', 'Publish', 'topic/tc/acme/acme_device01/o/mc_v3/ts', false],
    ['P-13', '{tenant}-{cn}', 'Subscribe', 'topicfilter/acme_device01', false],
    ['P-08', 'eu1', 'Publish', 'topic/$aws/things/acme_device01/shadow/update', false],
    ['P-05', 'eu1', 'RetainPublish', 'topic/tc/acme/acme_device01/o/mc_v3/ts', false],
  ])('%s: under %s, iot:%s on %s is %s', (_, naming, action, path, expected) => {
    expect(allowed(naming, action, path)).toBe(expected);
  });
});
