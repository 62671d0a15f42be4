// The services that an onboarding function calls, embedded, with a recorder before each and a tenant whose devices wait.

import { randomUUID } from 'node:crypto';
import { dynamoAnchorRegistry } from '#adapters/dynamo-anchor-registry.ts';
import { dynamoCertificateRegistry } from '#adapters/dynamo-certificate-registry.ts';
import { dynamoTenantRegistry } from '#adapters/dynamo-tenant-registry.ts';
import { dynamoUserRegistry } from '#adapters/dynamo-user-registry.ts';
import { iotPermissionSetGateway } from '#adapters/iot-permission-set-gateway.ts';
import type { JitrEvent } from '#contracts/jitr-event.ts';
import { type CertificateId, tenantName } from '#domain/ids.ts';
import { RULES_VERSION } from '#domain/onboarding.ts';
import { compilePolicies } from '#domain/permission-compiler.ts';
import { permissionSetOf } from '#domain/permission-set.ts';
import type { User } from '#domain/user.ts';
import { startEventBridgeEndpoint } from '#local/cloud/event-bus.ts';
import { issueDevice, makeTenantCa, type TestCa } from '#support/certificates.ts';
import { ACCOUNT, REGION, startControlPlane } from '#support/iot-control-plane.ts';
import { startRegistryTable } from '#support/registry-table.ts';
import { type RecordedCall, startRecordingProxy } from './recording-proxy.ts';

const DAY_MS = 86_400_000;
/** Compositions of roles: the calls of a device do not depend on what is in them. */
const [LINE_1, LINE_2] = ['1111111111111111', '2222222222222222'];

export type Calls = {
  readonly iot: RecordedCall[];
  readonly dynamoDb: RecordedCall[];
  readonly events: RecordedCall[];
};

export type OnboardingServices = AsyncDisposable & {
  /** what Lambda and the stack put into the function's environment */
  readonly environment: Readonly<Record<string, string>>;
  /** A device that has just been turned away at its first connect: its registration event, as the queue delivers it. */
  newDevice(cn: string): object;
  /** The same, of a tenant that asks for users, with its user. */
  newDeviceOfUser(cn: string): Promise<object>;
  /** Gives the user of a device that was let in other roles: an event that has the device follow. */
  movedDevice(cn: string): Promise<object>;
  /** The same, while another event of the certificate holds its lease. */
  leasedDevice(cn: string): Promise<object>;
  /** Calls since the last `take`. */
  take(): Calls;
};

/** The batch that Lambda hands over for one message (Lambda guide, Using Lambda with Amazon SQS). */
const sqsEvent = (body: object): object => ({
  Records: [
    {
      messageId: randomUUID(),
      receiptHandle: 'bench',
      body: JSON.stringify(body),
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: '0',
        SenderId: 'bench',
        ApproximateFirstReceiveTimestamp: '0',
      },
      messageAttributes: {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: `arn:aws:sqs:${REGION}:${ACCOUNT}:bench`,
      awsRegion: REGION,
    },
  ],
});

/** @param holdMs how long each answer of IoT Core is held back */
export const startOnboardingServices = async (holdMs: number): Promise<OnboardingServices> => {
  const table = await startRegistryTable();
  const iot = await startControlPlane({ clock: Date.now });
  const bus = await startEventBridgeEndpoint({ accountId: ACCOUNT, region: REGION, clock: Date.now });
  bus.createBus('vestibule');
  const recorders = {
    iot: await startRecordingProxy(iot.url, holdMs),
    dynamoDb: await startRecordingProxy(table.url, 0),
    events: await startRecordingProxy(bus.url, 0),
  };

  const now = Date.now();
  const validity = { validFrom: new Date(now - DAY_MS), validTo: new Date(now + 365 * DAY_MS) };
  const arn = { partition: 'aws', region: REGION, accountId: ACCOUNT };
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
      registeredAt: now,
      registeredBy: 'bench',
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

  /** What the broker does at a first connect. */
  const turnedAway = (cn: string, ca = acme): CertificateId => {
    const { id, pem } = issueDevice(ca, { cn, ...validity });
    iot.state.certificates.set(id, {
      id,
      pem,
      caId: ca.id,
      status: 'PENDING_ACTIVATION',
      createdAt: now,
      lastModifiedAt: now,
      policies: new Set(),
      things: new Map(),
    });
    return id;
  };
  const registrationEvent = (id: CertificateId, cn: string, ca = acme): object =>
    sqsEvent({
      certificateId: id,
      caCertificateId: ca.id,
      timestamp: Date.now(),
      certificateStatus: 'PENDING_ACTIVATION',
      awsAccountId: ACCOUNT,
      certificateRegistrationTimestamp: null,
      clientId: `acme_${cn}`,
      caFromTopic: ca.id,
      eventId: randomUUID(),
    } satisfies JitrEvent);

  return {
    environment: {
      REGISTRY_TABLE: table.tableName,
      EVENT_BUS_NAME: 'vestibule',
      ACCOUNT_ID: ACCOUNT,
      PARTITION: 'aws',
      POWERTOOLS_SERVICE_NAME: 'onboard-device',
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: 'bench',
      AWS_SECRET_ACCESS_KEY: 'bench',
      AWS_ENDPOINT_URL_IOT: recorders.iot.url,
      AWS_ENDPOINT_URL_IOT_DATA_PLANE: recorders.iot.url,
      AWS_ENDPOINT_URL_DYNAMODB: recorders.dynamoDb.url,
      AWS_ENDPOINT_URL_EVENTBRIDGE: recorders.events.url,
    },
    newDevice: (cn) => registrationEvent(turnedAway(cn), cn),
    newDeviceOfUser: async (cn) => {
      await users.create(userOf(cn, LINE_1, 1));
      const id = turnedAway(cn, globex);
      ofUsers.set(cn, id);
      return registrationEvent(id, cn, globex);
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
      await certificates.recordUserChange(record.id, record.version, entry);
      // a command has the same effect, by the same use case
      return registrationEvent(record.id, cn, globex);
    },
    leasedDevice: async (cn) => {
      const id = turnedAway(cn);
      const lease = { owner: 'another event', now: Date.now(), until: Date.now() + DAY_MS };
      await certificates.claim(id, lease);
      return registrationEvent(id, cn);
    },
    take: () => ({ iot: recorders.iot.take(), dynamoDb: recorders.dynamoDb.take(), events: recorders.events.take() }),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(Object.values(recorders).map((recorder) => recorder.stop()));
      await bus.stop();
      await iot.stop();
      await table[Symbol.asyncDispose]();
    },
  };
};
