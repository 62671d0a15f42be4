// Tenants whose devices wait to be let in, and the events that an onboarding function gets of them.

import { dynamoAnchorRegistry } from '#adapters/dynamo-anchor-registry.ts';
import { dynamoCertificateRegistry } from '#adapters/dynamo-certificate-registry.ts';
import { dynamoTenantRegistry } from '#adapters/dynamo-tenant-registry.ts';
import { dynamoUserRegistry } from '#adapters/dynamo-user-registry.ts';
import { iotPermissionSetGateway } from '#adapters/iot-permission-set-gateway.ts';
import { type CertificateId, tenantName } from '#domain/ids.ts';
import { RULES_VERSION } from '#domain/onboarding.ts';
import { compilePolicies } from '#domain/permission-compiler.ts';
import { permissionSetOf } from '#domain/permission-set.ts';
import { ANCHOR_LIMIT } from '#domain/tenant.ts';
import type { User } from '#domain/user.ts';
import { makeTenantCa, type TestCa } from '#support/certificates.ts';
import { type AwsServices, startAwsServices } from './aws-services.ts';

const DAY_MS = 86_400_000;
/** Compositions of roles: the calls of a device do not depend on what is in them. */
const [LINE_1, LINE_2] = ['1111111111111111', '2222222222222222'];

export type OnboardingServices = AsyncDisposable &
  Pick<AwsServices, 'environment' | 'take'> & {
    /** A device that has just been turned away at its first connect: its registration event, as the queue delivers it. */
    newDevice(cn: string): object;
    /** The same, of a tenant that asks for users, with its user. */
    newDeviceOfUser(cn: string): Promise<object>;
    /** Gives the user of a device that was let in other roles: an event that has the device follow. */
    movedDevice(cn: string): Promise<object>;
    /** The same, while another event of the certificate holds its lease. */
    leasedDevice(cn: string): Promise<object>;
  };

/** @param holdMs how long each answer of IoT Core is held back */
export const startOnboardingServices = async (holdMs: number): Promise<OnboardingServices> => {
  const aws = await startAwsServices(holdMs);
  const { table, iot, arn, validity, firstConnect, registrationEvent } = aws;
  const now = Date.now();
  const certificates = dynamoCertificateRegistry(table.client, table.tableName);
  const users = dynamoUserRegistry(table.client, table.tableName);

  /** A tenant with its permission sets, and its CA. */
  const makeTenant = async (
    name: string,
    userMatch: 'off' | 'required',
    compositions: readonly (string | null)[],
  ): Promise<TestCa> => {
    const tenant = tenantName(name);
    for (const composition of compositions) {
      const set = permissionSetOf(tenant, 'eu1', composition);
      const compiled = compilePolicies(set, [], arn);
      if (!compiled.ok) throw new Error(compiled.error.message);
      await iotPermissionSetGateway(iot.iot, arn).ensure(
        set,
        compiled.value.documents.map(({ json }) => json),
      );
    }
    await dynamoTenantRegistry(table.client, table.tableName).create({
      name: tenant,
      naming: 'eu1',
      admission: 'auto',
      allowListId: null,
      userMatch,
      topics: null,
      anchorLimit: ANCHOR_LIMIT,
      anchorRules: 'default',
      renewal: 'replace',
      secondSession: 'take-over',
      createdAt: now,
      version: 1,
    });
    const ca = makeTenantCa(validity);
    await dynamoAnchorRegistry(table.client, table.tableName).create({
      id: ca.id,
      tenant,
      state: 'ACTIVE',
      proof: 'OPERATOR',
      subject: `${name}-ca`,
      pem: ca.pem,
      validFrom: validity.validFrom.getTime(),
      validTo: validity.validTo.getTime(),
      certificateMode: 'SNI_ONLY',
      registeredAt: now,
      registeredBy: 'bench',
      changedAt: now,
      changedBy: 'bench',
      privateCaArn: null,
      crl: null,
      sweep: null,
      version: 1,
    });
    return ca;
  };
  const acme = await makeTenant('acme', 'off', [null]);
  const globex = await makeTenant('globex', 'required', [LINE_1, LINE_2]);
  const ofUsers = new Map<string, CertificateId>();
  const userOf = (username: string, composition: string, version: number): User => ({
    tenant: tenantName('globex'),
    username,
    grantTypes: [{ method: 'certificate', isRequired: false }],
    roles: [],
    permissions: [],
    composition,
    createdAt: now,
    version,
  });

  return {
    environment: aws.environment,
    take: aws.take,
    newDevice: (cn) => registrationEvent(acme, firstConnect(acme, cn), cn),
    newDeviceOfUser: async (cn) => {
      await users.create(userOf(cn, LINE_1, 1));
      const id = firstConnect(globex, cn);
      ofUsers.set(cn, id);
      return registrationEvent(globex, id, cn);
    },
    movedDevice: async (cn) => {
      const id = ofUsers.get(cn);
      const record = id && (await certificates.find(id));
      if (!record?.settled) throw new Error(`expected a device of user ${cn} that was let in`);
      await users.update(userOf(cn, LINE_2, 2), 1);
      const entry = {
        at: now,
        actor: 'bench',
        state: 'ACTIVE',
        reason: null,
        seen: null,
        rules: RULES_VERSION,
      } as const;
      await certificates.recordChange(record.id, record.version, entry);
      // a command has the same effect, by the same use case
      return registrationEvent(globex, record.id, cn);
    },
    leasedDevice: async (cn) => {
      const id = firstConnect(acme, cn);
      const lease = { owner: 'another event', now: Date.now(), until: Date.now() + DAY_MS };
      await certificates.claim(id, lease);
      return registrationEvent(acme, id, cn);
    },
    [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose](),
  };
};
