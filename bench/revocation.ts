// What revoking a CA with 2,500 certificates takes under the quotas that AWS grants by default: the real worker on the
// embedded DynamoDB and IoT Core, in simulated time, with a process that dies in the middle.

import { IoTDataPlaneClient } from '@aws-sdk/client-iot-data-plane';
import { cachedTrust } from '#adapters/cached-trust.ts';
import { dynamoAnchorPlaces } from '#adapters/dynamo-anchor-places.ts';
import { dynamoAnchorRegistry } from '#adapters/dynamo-anchor-registry.ts';
import { dynamoCertificateListing } from '#adapters/dynamo-certificate-listing.ts';
import { dynamoCertificateRegistry } from '#adapters/dynamo-certificate-registry.ts';
import { dynamoDeviceRegistry } from '#adapters/dynamo-device-registry.ts';
import { dynamoRejectedEvents } from '#adapters/dynamo-rejected-events.ts';
import { dynamoTenantRegistry } from '#adapters/dynamo-tenant-registry.ts';
import { iotAnchorGateway } from '#adapters/iot-anchor-gateway.ts';
import { iotCertificateGateway } from '#adapters/iot-certificate-gateway.ts';
import { iotIssuedCertificates } from '#adapters/iot-issued-certificates.ts';
import { iotSessionGateway } from '#adapters/iot-session-gateway.ts';
import { iotThingGateway } from '#adapters/iot-thing-gateway.ts';
import { x509CertificateReader } from '#adapters/x509-certificates.ts';
import { TransientError } from '#domain/errors.ts';
import { type CertificateId, clientId } from '#domain/ids.ts';
import { permissionSetOf } from '#domain/permission-set.ts';
import { createIotDataPlane } from '#local/iot/data-plane/data-plane.ts';
import { startIotEndpoint } from '#local/iot/rest-json/endpoint.ts';
import {
  CERTIFICATE_UPDATES_PER_SECOND,
  LEASE_SECONDS,
  RENEWAL_GRACE_SECONDS,
  SWEEP_SETTLE_SECONDS,
  TRUST_CALL_LIMIT_MS,
  TRUST_CALL_RETRY_MS,
  TRUST_SLICE_SECONDS,
  VISIBILITY_TIMEOUT_SECONDS,
} from '#names/timing.ts';
import type { TrustCommand } from '#ports/messages.ts';
import { type Around, aroundPorts } from '#support/around-ports.ts';
import { issueDevice, makeTenantCa } from '#support/certificates.ts';
import { inMemoryEventPublisher } from '#support/in-memory-messages.ts';
import { ACCOUNT, REGION, startControlPlane } from '#support/iot-control-plane.ts';
import { ACME, around, aTenant, eventId } from '#support/onboarding-world.ts';
import { startRegistryTable } from '#support/registry-table.ts';
import { anAnchor } from '#support/trust-anchors.ts';
import { type OnboardingPorts, onboardCertificate } from '#usecases/onboard-certificate.ts';
import { type SweepAnchorDeps, sweepAnchor } from '#usecases/sweep-anchor.ts';
import { copyDevice } from './copied-devices.ts';
import { hard, type Measure, reported } from './measure.ts';

const CERTIFICATES = 2_500;
/** in the middle of the first pass: each certificate takes some ten calls */
const DIES_AT_UPDATE = 1_250;
const ORIGINAL = 'original';

/** A clock that stands still but for who sleeps. */
const simulatedTime = () => {
  let now = Date.now();
  return {
    clock: () => now,
    sleep: async (ms: number) => {
      const until = now + ms;
      await Promise.resolve();
      now = Math.max(now, until);
    },
  };
};

/** A tenant's CA with devices that are let in and connected, and the worker on trust with its queue. */
const startSystem = async () => {
  await using started = new AsyncDisposableStack();
  const { clock, sleep } = simulatedTime();
  const table = started.use(await startRegistryTable());
  const iot = await startControlPlane({ clock, quotas: true });
  started.defer(iot.stop);
  const connected = new Set<string>();
  let cuts = 0;
  const disconnect = (client: string): boolean => {
    cuts += 1;
    return connected.delete(client);
  };
  const dataDoor = await startIotEndpoint(createIotDataPlane({ disconnect, clock, quotas: true }));
  started.defer(dataDoor.stop);
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
  const data = new IoTDataPlaneClient({ endpoint: dataDoor.url, region: REGION, credentials, maxAttempts: 1 });
  started.defer(() => data.destroy());

  const anchors = dynamoAnchorRegistry(table.client, table.tableName);
  const tenants = dynamoTenantRegistry(table.client, table.tableName);
  const things = iotThingGateway(iot.iot, { partition: 'aws', region: REGION, accountId: ACCOUNT });
  const events = inMemoryEventPublisher();
  const ports: OnboardingPorts = {
    certificates: dynamoCertificateRegistry(table.client, table.tableName),
    devices: dynamoDeviceRegistry(table.client, table.tableName),
    trust: cachedTrust({ anchors, tenants, clock }),
    reader: x509CertificateReader,
    iot: iotCertificateGateway(iot.iot),
    things,
    sessions: iotSessionGateway(data),
    events,
    clock,
    leaseMs: LEASE_SECONDS * 1_000,
    renewalGraceMs: RENEWAL_GRACE_SECONDS * 1_000,
  };

  const ca = makeTenantCa();
  const anchor = anAnchor({ id: ca.id, pem: ca.pem });
  await tenants.create(aTenant());
  await iotAnchorGateway(iot.iot).register({ ...anchor, verificationCertificate: null });
  await anchors.create(anchor);

  /** What onboarding leaves of a device. */
  const letIn = async (cn: string): Promise<CertificateId> => {
    const { id, pem } = issueDevice(ca, { cn, serial: 1 });
    const now = clock();
    const kept = { policies: new Set<string>(), things: new Map(), createdAt: now, lastModifiedAt: now };
    iot.state.certificates.set(id, { id, pem, caId: ca.id, status: 'ACTIVE', ...kept });
    const name = clientId(`acme_${cn}`);
    await things.create({ name, tenant: ACME, cn });
    await things.attachCertificate(name, id);
    const permissionSet = permissionSetOf(ACME, 'eu1', null).id;
    const verdict = { kind: 'accept', clientId: name, permissionSet, user: null } as const;
    const { certificates, devices } = ports;
    await devices.claim(name, {
      clientId: name,
      tenant: ACME,
      certificateId: id,
      permissionSet,
      user: null,
      claimedAt: now,
    });
    await certificates.claim(id, { owner: 'bench', now, until: now });
    const entry = { at: now, actor: 'onboarding', state: 'ACTIVE', reason: null, seen: null, rules: 1 } as const;
    const read = { subject: `CN=${cn}`, serialNumber: '1', publicKeyId: null, validTo: anchor.validTo };
    const memberships = [permissionSet];
    await certificates.decide(id, 0, {
      verdict,
      causes: [],
      memberships,
      anchorId: ca.id,
      tenant: ACME,
      ...read,
      entry,
    });
    await certificates.settle(id, { version: 1, status: 'ACTIVE', at: now, memberships });
    return id;
  };
  const original = { cn: ORIGINAL, certificate: await letIn(ORIGINAL) };
  const copies = Array.from({ length: CERTIFICATES - 1 }, (_, index) => `copy-${index}`);
  await copyDevice({ table, iot }, original, copies, 'whole');
  for (const { name } of iot.state.things.values()) connected.add(name);

  const queue: { readonly command: TrustCommand; readonly from: number }[] = [];
  const put = (command: TrustCommand, delayMs: number): void => {
    if (command.act === 'sweep') queue.push({ command, from: clock() + delayMs });
  };
  let ids = 0;
  const newId = () => {
    ids += 1;
    return eventId(ids);
  };
  const deps: Omit<SweepAnchorDeps, 'onboard'> = {
    certificates: ports.certificates,
    listing: dynamoCertificateListing(table.client, table.tableName),
    issued: iotIssuedCertificates(iot.iot),
    iot: ports.iot,
    anchors,
    places: dynamoAnchorPlaces(table.client, table.tableName),
    gateway: iotAnchorGateway(iot.iot),
    events,
    trustQueue: { send: async (command, delaySeconds = 0) => put(command, delaySeconds * 1_000) },
    rejectedEvents: dynamoRejectedEvents(table.client, table.tableName),
    newId,
    clock,
    pace: { perSecond: CERTIFICATE_UPDATES_PER_SECOND, atOnce: 10, clock, sleep },
    sliceMs: TRUST_SLICE_SECONDS * 1_000,
    settleMs: SWEEP_SETTLE_SECONDS * 1_000,
  };

  const running = started.move();
  return {
    state: iot.state,
    connected,
    clock,
    sleep,
    queue,
    iotCalls: () => cuts + [...iot.controlPlane.calls.values()].reduce((sum, calls) => sum + calls, 0),
    revoke: async (): Promise<void> => {
      const version = anchor.version + 1;
      const now = clock();
      await anchors.change(
        { ...anchor, state: 'REVOKED', changedAt: now, changedBy: 'bench', version },
        anchor.version,
      );
      put({ act: 'sweep', anchorId: anchor.id, version, pass: 1, cursor: null, commandId: newId() }, 0);
    },
    /** Works on a command as one process does, with something done around each of its calls. */
    work: async (command: TrustCommand, during: Around): Promise<void> => {
      const what: Around = async (name, call) => {
        const until = clock() + TRUST_CALL_LIMIT_MS;
        for (;;) {
          try {
            return await during(name, call);
          } catch (error) {
            if (!(error instanceof TransientError) || clock() + TRUST_CALL_RETRY_MS > until) throw error;
          }
          // as the worker's client does when IoT Core throttles it
          await sleep(TRUST_CALL_RETRY_MS);
        }
      };
      if (command.act !== 'sweep') throw new Error(`expected a sweep, got ${command.act}`);
      const names = ['certificates', 'listing', 'issued', 'anchors', 'gateway', 'events', 'trustQueue'] as const;
      await sweepAnchor({ ...aroundPorts(deps, names, what), onboard: onboardCertificate(around(ports, what)) })(
        command,
      );
    },
    progress: async () => (await anchors.find(anchor.id))?.sweep ?? null,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
};

/** @returns what a process of its own does around each of its calls: it dies once, in the middle of the work */
const dyingOnce = () => {
  let updates = 0;
  return (): Around => {
    let isDead = false;
    return async (name, call) => {
      if (name === 'setStatus') updates += 1;
      isDead ||= name === 'setStatus' && updates === DIES_AT_UPDATE;
      if (isDead) throw new Error(`the process is dead and calls ${name}`);
      return call();
    };
  };
};

export const measureRevocation = async (): Promise<readonly Measure[]> => {
  await using system = await startSystem();
  const { queue, clock, sleep, state } = system;
  const callsBefore = system.iotCalls();
  const [began, begun] = [clock(), performance.now()];
  await system.revoke();
  const process = dyingOnce();
  let waitedMs = 0;
  let deaths = 0;
  for (let message = queue.shift(); message; message = queue.shift()) {
    await sleep(Math.max(0, message.from - clock()));
    try {
      await system.work(message.command, process());
    } catch {
      // the queue delivers it again
      deaths += 1;
      const waitMs = VISIBILITY_TIMEOUT_SECONDS * 1_000;
      waitedMs += waitMs;
      queue.push({ ...message, from: clock() + waitMs });
    }
  }
  const active = [...state.certificates.values()].filter(({ status }) => status !== 'INACTIVE').length;
  const progress = await system.progress();
  if (deaths !== 1 || progress?.completedAt == null || progress.changed !== CERTIFICATES || system.connected.size > 0)
    throw new Error(`expected a complete sweep with one death, got ${deaths} and ${JSON.stringify(progress)}`);
  // Without the visibility timeout after the death: nobody works in it, and its length is a choice of the queue, not of the
  // worker. What the death costs the worker, a slice that is begun again, counts.
  const seconds = (clock() - began - waitedMs) / 1_000;
  const overQuota = seconds / (CERTIFICATES / CERTIFICATE_UPDATES_PER_SECOND);
  return [
    hard(
      'revocation-iot-calls-per-certificate',
      Math.ceil(((system.iotCalls() - callsBefore) / CERTIFICATES) * 1_000) / 1_000,
      'calls',
      2.1,
    ),
    hard('revocation-time-over-quota', Math.ceil(overQuota * 1_000) / 1_000, 'times', 1.1),
    hard('revocation-active-after-crash', active, 'certs', 0),
    reported('revocation-2500-certificates-ms', Math.round(performance.now() - begun), 'ms', null),
  ];
};
