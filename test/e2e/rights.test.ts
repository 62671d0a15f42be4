// The embedded system does not enforce the roles of functions. Here every call that a function makes is held against
// the role that the template gives it, so that a missing right shows before it does on AWS.

import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readCloudAssembly } from '#local/assembly/cloud-assembly.ts';
import { synthesize } from '#local/assembly/synthesize.ts';
import { STACK } from '#names/outputs.ts';
import { issueDevice, makeTenantCa } from '#support/certificates.ts';
import { createForwardClock, DAY } from '#support/forward-clock.ts';
import { startTestSystem, type TestSystem } from '#support/local-system.ts';
import { refusedConnect } from '#support/mqtt-device.ts';
import { queuesAreEmpty } from '#support/queues.ts';
import { listPem, makeRevocationList } from '#support/revocation-lists.ts';
import { trustStory } from '#support/trust-story.ts';

const clock = createForwardClock();
let system: TestSystem;
beforeAll(async () => {
  system = await startTestSystem({ clock: clock.now });
});
afterAll(() => system.stop());

type Resource = { readonly Type: string; readonly Properties: Readonly<Record<string, unknown>> };
type Statement = { readonly Effect: string; readonly Action: string | readonly string[] };

/** Actions that the role of each function allows, by the name that the function logs under. */
const rightsInTemplate = async (): Promise<ReadonlyMap<string, ReadonlySet<string>>> => {
  const { stacks } = await readCloudAssembly(await synthesize());
  const template = stacks.find(({ name }) => name === STACK.onboarding)?.template ?? {};
  const resources = Object.values(template['Resources'] as unknown as Record<string, Resource>);
  const ofType = (type: string) => resources.filter(({ Type }) => Type === type).map(({ Properties }) => Properties);
  const rights = new Map<string, Set<string>>();
  for (const properties of ofType('AWS::Lambda::Function')) {
    const { Variables } = properties['Environment'] as { Variables: Record<string, string> };
    const [role] = (properties['Role'] as { 'Fn::GetAtt': [string] })['Fn::GetAtt'];
    const policies = ofType('AWS::IAM::Policy').filter((policy) =>
      (policy['Roles'] as { Ref: string }[]).some(({ Ref }) => Ref === role),
    );
    const actions = policies
      .flatMap((policy) => (policy['PolicyDocument'] as { Statement: Statement[] }).Statement)
      .filter(({ Effect }) => Effect === 'Allow')
      .flatMap(({ Action }) => Action);
    rights.set(Variables['POWERTOOLS_SERVICE_NAME'] ?? '', new Set(actions));
  }
  return rights;
};

/** One action for both of IoT Core's APIs: the data plane signs by another name (Service Authorization Reference, AWS IoT). */
const actionOf = (service: string, operation: string): string =>
  `${service === 'iotdata' ? 'iot' : service}:${operation}`;

/** Rights that this run has no need of. */
const FOR_OTHER_DAYS: Readonly<Record<string, readonly string[]>> = {
  // it undoes what it did when somebody takes a device's rights away while it is being let in
  'onboard-device': ['iot:DeleteConnection', 'iot:RemoveThingFromThingGroup'],
  // a set that stands already, when a tenant or a user comes back to it after an edit
  'ops-api': ['iot:CreatePolicyVersion', 'iot:DeletePolicyVersion', 'iot:DetachPolicy', 'iot:ListPolicyVersions'],
  // sets that nobody uses are deleted ten minutes later
  'apply-permission-set': ['iot:DeletePolicy', 'iot:DeleteThingGroup'],
  // a device that is barred, and is heard to have connected all the same
  'record-presence': ['iot:DeleteConnection'],
  // a CA that IoT Core has already; and the tag of a registration, which is no call of its own
  'trust-api': ['iot:DescribeCACertificate', 'iot:TagResource'],
  // a restored CA that somebody deleted from IoT Core by hand; and as onboarding, which it does for what was held
  'work-on-trust': [
    'iot:DescribeCACertificate',
    'iot:RegisterCACertificate',
    'iot:RemoveThingFromThingGroup',
    'iot:TagResource',
  ],
};

const permission = (resource: string) => ({
  resource,
  operation: 'readWrite',
  context: 'mqtt',
  allowRetain: false,
});
/** So many that a set of them takes several documents. */
const MANY = Array.from({ length: 30 }, (_, n) => permission(`line/${n}/state`));

/** A user whose role is edited six times, who gets another role, and then loses its grant. */
const manageRolesAndUsers = async (): Promise<void> => {
  const { call } = system.api;
  const globex = await system.tenant('globex', { naming: 'eu1', userMatch: 'required' });
  const params = { tenant: 'globex' };
  const device = globex.device('device01');
  const clientId = 'globex_device01';
  const createRole = (name: string, permissions: ReturnType<typeof permission>[]) =>
    call('createRole', { params, body: { name, permissions, plusMode: 'exact' } });
  const [line, other] = [
    await createRole('line', [permission('line')]),
    await createRole('other', [permission('other/#')]),
  ];
  const grantTypes = [{ method: 'certificate', isRequired: true }] as const;
  const user = { ...params, username: 'device01' };
  await call('createUser', {
    params,
    body: {
      username: 'device01',
      identityProvider: 'local',
      grantTypes: [...grantTypes],
      roles: [line.id],
      permissions: [],
    },
  });
  await system.firstConnect(device, clientId);
  const session = await system.connect(device, clientId);
  // the first edit takes more documents than there are, the second fewer, the fifth a version beyond the five of a policy
  for (const n of [1, 2, 3, 4, 5, 6]) {
    const edit = {
      params: { ...params, role: line.id },
      body: { permissions: n === 1 ? MANY : [permission(`edit/${n}`)] },
    };
    await call('editRole', { ...edit, query: { disconnect: n === 6 ? 'true' : 'false' } });
    const isApplied = async () =>
      (await call('showRole', { params: { ...params, role: line.id } })).permissionSets.every(({ applied }) => applied);
    await expect.poll(isApplied, { timeout: 5_000 }).toBe(true);
  }
  await session.closed();
  await call('previewRole', { params: { ...params, role: line.id }, body: { permissions: [permission('edit/7')] } });
  await call('explainDevice', {
    params: { device: clientId },
    query: { action: 'publish', resource: 'edit/6', retain: 'false' },
  });

  const again = await system.connect(device, clientId);
  await call('setUser', { params: user, body: { roles: [other.id] } });
  const groups = () => [...(system.iot.things.get(clientId)?.groups ?? [])];
  const [former] = groups();
  await expect.poll(groups, { timeout: 5_000 }).toEqual([expect.not.stringContaining(former ?? '')]);
  await call('deleteRole', { params: { ...params, role: line.id } });
  await call('setUser', { params: user, body: { grantTypes: [] } });
  await again.closed();
  await call('listUsers', { params });
  await call('listRoles', { params });
  await call('deleteUser', { params: user });
};

/** A CA that is proved, revoked while a device comes, restored, and deleted; its revocation list, and a day that passes. */
const changeTrust = async (): Promise<void> => {
  const { call } = system.api;
  const story = trustStory(system, clock);
  const ca = makeTenantCa();
  const tenant = 'initech';
  const anchor = { params: { tenant, anchor: ca.id } };
  await call('createTenant', { body: { tenant, naming: 'eu1', admission: 'auto' } });
  await story.prove(tenant, ca);
  const late = issueDevice(ca, { cn: 'late' });
  const wasAsked = story.before('onboard-device', 'DescribeCertificate', async () => {
    await call('revokeAnchor', anchor);
  });
  await system.firstConnect(late, 'initech_late');
  await story.becomes(late, { state: 'HELD', reason: 'CA_REVOKED' });
  expect(wasAsked()).toBe(true);
  await story.followed(tenant, ca, () => call('restoreAnchor', anchor));
  await story.becomes(late, { state: 'ACTIVE' });

  const serial = new X509Certificate(late.pem).serialNumber;
  const list = { ...anchor, body: { crl: listPem(await makeRevocationList(ca, { serials: [serial], number: 1 })) } };
  await call('previewCrl', list);
  await call('importCrl', list);
  await story.statusBecomes(late, 'INACTIVE');
  await call('blockTenantDevice', { params: { tenant, device: late.id } });
  const { session } = await story.onboarded(tenant, ca, 'device01');
  await call('showTenantCertificate', { params: { tenant, device: 'initech_device01' } });
  await call('uploadAnchor', {
    params: { tenant },
    body: { certificate: makeTenantCa().pem, certificateMode: 'DEFAULT' },
  });
  await call('listAnchors', { params: { tenant } });
  await call('showAnchorImpact', anchor);
  await call('showTruststore', {});
  await story.followed(tenant, ca, () => call('deleteAnchor', anchor));
  await session.closed();
  await story.later(DAY);
  expect(await system.hooks.runSchedules()).toHaveLength(1);
  await queuesAreEmpty(system.aws);
};

it('G-03: every call of every function is one that its role allows, and IoT Core rights are all used', async () => {
  const made = new Map<string, Set<string>>();
  system.hooks.intercept({
    before: ({ service, operation, caller }) => {
      const name = system.functions().find(({ functionName }) => functionName === caller)?.name;
      if (name !== undefined) made.set(name, (made.get(name) ?? new Set()).add(actionOf(service, operation)));
    },
  });
  const { call } = system.api;
  const announced = (id: Parameters<TestSystem['announced']>[0], type: string) =>
    expect.poll(() => system.announced(id), { timeout: 5_000 }).toContain(type);

  const acme = await system.tenant('acme');
  const device = acme.device('device01');
  await system.firstConnect(device, 'acme_device01');
  const session = await system.connect(device, 'acme_device01');
  const second = await system.connect(device, 'acme_device01');
  await announced(device.id, 'session.duplicate');
  await refusedConnect(system.connection(device, 'device01'));
  await expect.poll(async () => (await system.view(device.id))?.mismatch?.tried, { timeout: 5_000 }).toBe('device01');
  await session.closed();
  await second.leave();

  const unfit = acme.device('not a name');
  await system.firstConnect(unfit, 'acme_unfit');
  await announced(unfit.id, 'device.rejected');

  await call('setTenant', { params: { tenant: 'acme' }, body: { naming: 'connectware', allowCn: ['other'] } });
  await call('setTenant', { params: { tenant: 'acme' }, body: { naming: 'eu1', allowCn: ['another'] } });
  const held = acme.device('device02');
  await system.firstConnect(held, 'acme_device02');
  await announced(held.id, 'device.held');
  await call('approveDevice', { params: { device: held.id } });
  await announced(held.id, 'device.onboarded');
  await call('listTenants', {});
  await call('listDevices', { params: { tenant: 'acme' } });
  await call('listRejectedEvents', {});
  await call('showBroker', {});

  await manageRolesAndUsers();
  await changeTrust();

  const rights = await rightsInTemplate();
  expect([...made.keys()].sort()).toEqual([
    'apply-permission-set',
    'converge-certificate',
    'onboard-device',
    'ops-api',
    'record-presence',
    'trust-api',
    'work-on-trust',
  ]);
  for (const [name, actions] of made) {
    expect(
      [...actions].filter((action) => !rights.get(name)?.has(action)),
      `calls of ${name} without a right`,
    ).toEqual([]);
    const unused = [...(rights.get(name) ?? [])].filter((action) => action.startsWith('iot:') && !actions.has(action));
    expect(unused.toSorted(), `unused rights of ${name}`).toEqual(FOR_OTHER_DAYS[name] ?? []);
  }
});
