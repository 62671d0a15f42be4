// The embedded system does not enforce the roles of functions. Here every call that a function makes is held against
// the role that the template gives it, so that a missing right shows before it does on AWS.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { readCloudAssembly } from '#local/assembly/cloud-assembly.ts';
import { synthesize } from '#local/assembly/synthesize.ts';
import { STACK } from '#names/outputs.ts';
import { startTestSystem, type TestSystem } from '#support/local-system.ts';
import { refusedConnect } from '#support/mqtt-device.ts';

let system: TestSystem;
beforeAll(async () => {
  system = await startTestSystem();
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

it('G-03: every call of every function is one that its role allows, and IoT Core rights are all used', async () => {
  const made = new Map<string, Set<string>>();
  system.hooks.intercept({
    before: ({ service, operation, caller }) => {
      const name = system.functions().find(({ functionName }) => functionName === caller)?.name;
      if (name !== undefined) made.set(name, (made.get(name) ?? new Set()).add(`${service}:${operation}`));
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

  const rights = await rightsInTemplate();
  expect([...made.keys()].sort()).toEqual(['converge-certificate', 'onboard-device', 'ops-api', 'record-presence']);
  for (const [name, actions] of made) {
    expect(
      [...actions].filter((action) => !rights.get(name)?.has(action)),
      `calls of ${name} without a right`,
    ).toEqual([]);
    const unused = [...(rights.get(name) ?? [])].filter((action) => action.startsWith('iot:') && !actions.has(action));
    // an existing policy of another content is what these are for
    const forAnExistingPolicy = ['iot:CreatePolicyVersion', 'iot:DeletePolicyVersion', 'iot:ListPolicyVersions'];
    expect(
      unused.filter((action) => !forAnExistingPolicy.includes(action)),
      `unused rights of ${name}`,
    ).toEqual([]);
  }
});
