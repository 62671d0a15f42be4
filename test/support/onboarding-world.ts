// A small world to onboard devices in: every port in memory, a clock that is set by hand, one tenant and its CA.

import { cachedTrust } from '#adapters/cached-trust.ts';
import type { Cause, CertificateFacts, CertificateRecord, UnreadableCertificate } from '#domain/certificate.ts';
import { stateOf } from '#domain/certificate-state.ts';
import { anchorId, type CertificateId, certificateId, tenantName } from '#domain/ids.ts';
import type { Tenant } from '#domain/tenant.ts';
import type { TrustAnchor } from '#domain/trust-anchor.ts';
import type { User } from '#domain/user.ts';
import type { ConvergeCommand } from '#ports/messages.ts';
import { type OnboardingPorts, type OnboardingRequest, onboardCertificate } from '#usecases/onboard-certificate.ts';
import type { PresencePorts } from '#usecases/record-presence.ts';
import { inMemoryAnchorRegistry } from './in-memory-anchors.ts';
import { inMemoryBlockLists } from './in-memory-block-lists.ts';
import { inMemoryCertificateRegistry } from './in-memory-certificate-registry.ts';
import { inMemoryDeviceRegistry } from './in-memory-device-registry.ts';
import { inMemoryIot } from './in-memory-iot.ts';
import { inMemoryEventPublisher, inMemoryRejectedEvents } from './in-memory-messages.ts';
import { inMemoryDeviceListing, inMemoryUserRegistry } from './in-memory-permissions.ts';
import { inMemoryTenantRegistry } from './in-memory-trust.ts';

export const NOON = Date.UTC(2026, 10, 22, 12);
const DAY = 86_400_000;
const LEASE_MS = 30_000;
export const GRACE_MS = 7 * DAY;

export const fingerprint = (number: number): string => number.toString(16).padStart(64, '0');
/** A UUID that tells which event of a test it names. */
export const eventId = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

export const ACME = tenantName('acme');
export const CA = anchorId(fingerprint(0xca));

export const aTenant = (changes: Partial<Tenant> = {}): Tenant => ({
  name: ACME,
  naming: 'eu1',
  admission: 'auto',
  allowListId: null,
  userMatch: 'off',
  topics: null,
  anchorLimit: 2,
  anchorRules: 'default',
  renewal: 'replace',
  secondSession: 'take-over',
  createdAt: NOON - DAY,
  version: 1,
  ...changes,
});

/** A user who may use a certificate and has no roles. */
export const aUser = (username: string, changes: Partial<User> = {}): User => ({
  tenant: ACME,
  username,
  grantTypes: [{ method: 'certificate', isRequired: false }],
  roles: [],
  permissions: [],
  composition: null,
  createdAt: NOON - DAY,
  version: 1,
  ...changes,
});

export const anAnchor = (changes: Partial<TrustAnchor> = {}): TrustAnchor => ({
  id: CA,
  tenant: ACME,
  state: 'ACTIVE',
  proof: 'OPERATOR',
  subject: 'CN=acme CA',
  pem: 'the PEM of the CA',
  certificateMode: 'SNI_ONLY',
  validFrom: NOON - DAY,
  validTo: NOON + 3_650 * DAY,
  registeredAt: NOON - DAY,
  registeredBy: 'arn:aws:iam::123456789012:role/operator',
  changedAt: NOON - DAY,
  changedBy: 'arn:aws:iam::123456789012:role/operator',
  privateCaArn: null,
  crl: null,
  sweep: null,
  version: 1,
  ...changes,
});

export const facts = (cn: string, id: CertificateId, changes: Partial<CertificateFacts> = {}): CertificateFacts => ({
  id,
  serialNumber: '1',
  // a key of its own each
  publicKeyId: id,
  subject: { cn: [cn], o: [], ou: [], serialNumber: [] },
  issuedByAnchor: true,
  version: 3,
  validFrom: NOON - DAY,
  validTo: NOON + 365 * DAY,
  publicKey: { type: 'ec', curve: 'P-256' },
  signatureAlgorithm: 'ecdsa-sha256',
  isCa: false,
  extendedKeyUsage: null,
  keyUsage: null,
  ...changes,
});

type Around = <Output>(name: string, call: () => Promise<Output>) => Promise<Output>;
type Port = Record<string, (...args: unknown[]) => Promise<unknown>>;

const wrapped = <P extends object>(port: P, around: Around): P =>
  // A proxy of a port is a port: each method is called through `around` and otherwise untouched.
  new Proxy(port, {
    get: (target, name) => {
      const method = (target as Port)[String(name)];
      return typeof method === 'function'
        ? (...args: unknown[]) => around(String(name), () => method.apply(target, args))
        : method;
    },
  });

/** The same ports with something done around every call. */
export const around = (ports: OnboardingPorts, what: Around): OnboardingPorts => ({
  ...ports,
  certificates: wrapped(ports.certificates, what),
  devices: wrapped(ports.devices, what),
  trust: wrapped(ports.trust, what),
  iot: wrapped(ports.iot, what),
  things: wrapped(ports.things, what),
  sessions: wrapped(ports.sessions, what),
  events: wrapped(ports.events, what),
});

export const onboardingWorld = () => {
  const time = { now: NOON };
  const clock = () => time.now;
  const users = inMemoryUserRegistry();
  const blockLists = inMemoryBlockLists();
  const tenants = inMemoryTenantRegistry(users, blockLists);
  const anchors = inMemoryAnchorRegistry();
  const devices = inMemoryDeviceRegistry();
  const certificates = inMemoryCertificateRegistry(anchors, devices, users, blockLists);
  const iot = inMemoryIot();
  const events = inMemoryEventPublisher();
  const subjects = new Map<string, CertificateFacts | UnreadableCertificate>();
  tenants.tenants.set(ACME, aTenant());
  anchors.anchors.set(CA, anAnchor());

  const ports: OnboardingPorts = {
    certificates,
    devices,
    trust: cachedTrust({ anchors, tenants, clock }),
    reader: { readLeaf: (pem) => subjects.get(pem) ?? { unreadable: 'not a certificate of this test' } },
    iot: iot.gateway,
    things: iot.thingGateway,
    sessions: iot.sessionGateway,
    events,
    clock,
    leaseMs: LEASE_MS,
    renewalGraceMs: GRACE_MS,
  };

  const onboard = onboardCertificate(ports);
  const commands: ConvergeCommand[] = [];
  let devicesMade = 0;
  let commandsMade = 0;
  return {
    time,
    clock,
    tenants,
    users,
    anchors,
    blockLists,
    devices,
    certificates,
    iot,
    events,
    rejectedEvents: inMemoryRejectedEvents(),
    ports,
    onboard,
    commands,
    presencePorts: {
      ...ports,
      devices,
      commands: {
        send: async (command) => {
          commands.push(command);
        },
      },
      newId: () => {
        commandsMade += 1;
        return eventId(10_000 + commandsMade);
      },
    } satisfies PresencePorts,
    /** Does what was asked of the command queue by now. */
    follow: async (): Promise<void> => {
      for (const { certificateId: id, commandId: owner } of commands.splice(0))
        await onboard({ certificateId: id, owner, cameAt: null, iotStatus: null });
    },

    /** A certificate that connected for the first time. */
    device: (
      cn: string,
      changes: Partial<CertificateFacts> | UnreadableCertificate = {},
      anchor = CA,
    ): CertificateId => {
      devicesMade += 1;
      const id = certificateId(fingerprint(0xde00 + devicesMade));
      const pem = `the PEM of ${id}`;
      subjects.set(pem, 'unreadable' in changes ? changes : facts(cn, id, changes));
      iot.register(id, pem, anchor);
      return id;
    },
    /** The event of a connect of a pending device; each event has an id of its own. */
    came: (id: CertificateId, event = 1): OnboardingRequest => ({
      certificateId: id,
      owner: eventId(event),
      cameAt: time.now,
      iotStatus: null,
    }),
    command: (id: CertificateId, command = 900): OnboardingRequest => ({
      certificateId: id,
      owner: eventId(command),
      cameAt: null,
      iotStatus: null,
    }),
    /** From here on the tenant asks for users. */
    askForUsers: () => {
      tenants.tenants.set(ACME, aTenant({ naming: 'connectware', userMatch: 'required' }));
    },
    setUser: (user: User): void => {
      users.users.set(`${user.tenant}/${user.username}`, user);
    },
    /**
     * What a change of a user does to the registry, before its commands go out: the user as given, none when null, and
     * each of its certificates told.
     */
    changeUser: async (username: string, user: User | null): Promise<void> => {
      if (user) users.users.set(`${ACME}/${username}`, user);
      else users.users.delete(`${ACME}/${username}`);
      const page = await inMemoryDeviceListing(devices).ofUser(ACME, username, { limit: 100, cursor: null });
      for (const { certificateId: id } of page.items) {
        const record = certificates.records.get(id);
        if (record?.verdict?.kind !== 'accept') continue;
        const entry = {
          at: time.now,
          actor: 'an operator',
          state: stateOf(record),
          reason: null,
          seen: null,
          rules: 1,
        };
        await certificates.recordChange(id, record.version, entry);
      }
    },
    revokeAnchor: () => {
      anchors.anchors.set(CA, anAnchor({ state: 'REVOKED' }));
    },
    /** What bars a device, without its certificates being told. */
    barDevice: (key: string, ...causes: readonly Cause[]): void => {
      const device = devices.devices.get(key);
      if (!device) throw new Error(`no device ${key}`);
      devices.devices.set(key, { ...device, causes });
    },
    /** What whoever changes a fact that stands elsewhere does to each certificate concerned, before its command goes out. */
    change: async (id: CertificateId, seen: string): Promise<void> => {
      const record = certificates.records.get(id);
      if (!record) throw new Error(`no record of certificate ${id}`);
      const entry = { at: time.now, actor: 'an operator', state: stateOf(record), reason: null, seen, rules: 1 };
      await certificates.recordChange(id, record.version, entry);
    },
    record: (id: CertificateId): CertificateRecord => {
      const record = certificates.records.get(id);
      if (!record) throw new Error(`no record of certificate ${id}`);
      return record;
    },
    state: (id: CertificateId): string => {
      const record = certificates.records.get(id);
      return record ? stateOf(record) : 'UNKNOWN';
    },
    /** What an operator's verb does to the registry, before its command goes out. */
    say: async (id: CertificateId, verb: 'approve' | 'reject' | 'retry'): Promise<boolean> => {
      const record = certificates.records.get(id);
      if (!record) return false;
      const userless = record.verdict?.kind === 'accept' && record.verdict.user === null;
      const fits = verb === 'retry' ? userless || stateOf(record) === 'REJECTED' : stateOf(record) === 'HELD';
      if (!fits) return false;
      const word = verb === 'retry' ? null : { verdict: verb, at: time.now, by: 'an operator' };
      const entry = { at: time.now, actor: 'an operator', state: stateOf(record), reason: null, seen: verb, rules: 1 };
      return (await certificates.recordOperatorWord(id, record.version, word, entry)) !== null;
    },
  };
};

export type OnboardingWorld = ReturnType<typeof onboardingWorld>;
