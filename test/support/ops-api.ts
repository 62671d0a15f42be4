// The management API's function on registries in memory: what a request answers, and what it changed.

import { Logger } from '@aws-lambda-powertools/logger';
import { digest, roleIdOf } from '#adapters/name-digests.ts';
import { OPS_ROUTES } from '#contracts/ops-api.ts';
import type { Verdict } from '#domain/certificate.ts';
import { stateOf } from '#domain/certificate-state.ts';
import {
  type AnchorId,
  anchorId,
  type CertificateId,
  certificateId,
  clientId,
  type TenantName,
  tenantName,
} from '#domain/ids.ts';
import type { Tenant } from '#domain/tenant.ts';
import { COLLECTION_DELAY_SECONDS } from '#names/timing.ts';
import type { ConvergeCommand, PermissionSetCommand, TrustCommand } from '#ports/messages.ts';
import { httpHandler } from '#runtime/http-handler.ts';
import { apiCall } from '#support/api-call.ts';
import { inMemoryAnchorRegistry } from '#support/in-memory-anchors.ts';
import { inMemoryBlockLists } from '#support/in-memory-block-lists.ts';
import { inMemoryCertificateRegistry } from '#support/in-memory-certificate-registry.ts';
import { inMemoryDeviceRegistry } from '#support/in-memory-device-registry.ts';
import { inMemoryRejectedEvents } from '#support/in-memory-messages.ts';
import { inMemorySetGateway } from '#support/in-memory-permission-sets.ts';
import {
  inMemoryDeviceListing,
  inMemoryPermissionSetRegistry,
  inMemoryRoleRegistry,
  inMemoryTenantLock,
  inMemoryUserRegistry,
} from '#support/in-memory-permissions.ts';
import { inMemoryTenantRegistry } from '#support/in-memory-trust.ts';
import type { OnboardingWorld } from '#support/onboarding-world.ts';
import { workOnPermissionSet } from '#usecases/work-on-permission-set.ts';
import { opsOperations } from '../../functions/ops-api/operations.ts';

export const NOW = Date.parse('2026-01-31T12:00:00Z');
export const OPERATOR = 'arn:aws:iam::123456789012:user/op';

export const fingerprint = (n: number): CertificateId => certificateId(n.toString(16).padStart(64, '0'));
export const anchorOf = (tenant: string): AnchorId => anchorId(Buffer.from(tenant.padEnd(32, '.')).toString('hex'));

type Registries = Pick<
  OnboardingWorld,
  'time' | 'tenants' | 'users' | 'anchors' | 'blockLists' | 'devices' | 'certificates'
>;

const ownRegistries = (): Registries => {
  const users = inMemoryUserRegistry();
  const blockLists = inMemoryBlockLists();
  const tenants = inMemoryTenantRegistry(users, blockLists);
  const anchors = inMemoryAnchorRegistry();
  const devices = inMemoryDeviceRegistry();
  const certificates = inMemoryCertificateRegistry(anchors, devices, users, blockLists);
  return { time: { now: NOW }, tenants, users, anchors, blockLists, devices, certificates };
};

/** @param registries those of an onboarding world, when its devices are to follow what the API changes */
export const startOpsApi = (registries: Registries = ownRegistries()) => {
  const { time, tenants, users, anchors, blockLists, devices, certificates } = registries;
  const clock = () => time.now;
  const rejectedEvents = inMemoryRejectedEvents();
  const commands: ConvergeCommand[] = [];
  const trustCommands: TrustCommand[] = [];
  /** on the permission-set queue */
  const waiting: { readonly command: PermissionSetCommand; readonly due: number }[] = [];
  /** calls of IoT Core in order */
  const iot: string[] = [];
  const logged: string[] = [];
  const logger = new Logger({ serviceName: 'ops-api' });
  for (const level of ['info', 'warn', 'error'] as const)
    logger[level] = (message, ...more) => {
      logged.push(JSON.stringify([level, message, ...more]));
    };
  let ids = 0;
  const arn = { partition: 'aws', region: 'eu-central-1', accountId: '123456789012' };
  const setGateway = inMemorySetGateway(`arn:aws:iot:${arn.region}:${arn.accountId}`, iot);

  const deps = {
    tenants,
    users,
    roles: inMemoryRoleRegistry(),
    permissionSets: inMemoryPermissionSetRegistry(),
    deviceListing: inMemoryDeviceListing(devices),
    tenantLock: inMemoryTenantLock(clock),
    setGateway,
    setQueue: {
      send: async (command: PermissionSetCommand, delaySeconds = 0) =>
        void waiting.push({ command, due: time.now + delaySeconds * 1_000 }),
    },
    sessions: { disconnect: async (name: string) => void iot.push(`disconnect ${name}`) },
    anchors,
    certificates,
    devices,
    listing: certificates.listing,
    rejectedEvents,
    commands: { send: async (command: ConvergeCommand) => void commands.push(command) },
    blockLists,
    trustQueue: { send: async (command: TrustCommand) => void trustCommands.push(command) },
    broker: async () => ({ host: 'broker.example.com', port: 8883, serverCaPem: 'PEM' }),
    arn,
    newId: () => {
      ids += 1;
      return `id-${ids}`;
    },
    digest,
    roleIdOf,
    clock,
    collectionDelayMs: COLLECTION_DELAY_SECONDS * 1_000,
    warn: (code: string, about: object) => logger.warn(code, { ...about }),
  };
  const handler = httpHandler(OPS_ROUTES, opsOperations(deps), { logger });
  const call = apiCall(handler, OPERATOR);

  const tenant = (name: string, changes: Partial<Tenant> = {}): TenantName => {
    const made = {
      naming: 'eu1',
      admission: 'auto',
      allowListId: null,
      userMatch: 'off',
      topics: null,
      anchorLimit: 2,
      anchorRules: 'default',
      renewal: 'replace',
      secondSession: 'take-over',
      createdAt: NOW,
      version: 0,
      ...changes,
    } as const;
    tenants.tenants.set(tenantName(name), { ...made, name: tenantName(name) });
    return tenantName(name);
  };

  /** A certificate as onboarding leaves it. */
  const decided = async (
    id: CertificateId,
    owner: TenantName,
    kind: Verdict['kind'],
    name: string | null,
    at = NOW,
  ): Promise<CertificateId> => {
    const refusal = { reason: kind === 'hold' ? 'APPROVAL_REQUIRED' : 'CLIENT_ID_CONFLICT', seen: 'seen' } as const;
    const verdict = (
      kind === 'accept'
        ? { kind, clientId: clientId(name ?? ''), permissionSet: `${owner}.eu1`, user: null }
        : { kind, clientId: name, ...refusal }
    ) as Verdict;
    await certificates.claim(id, { owner: 'event', now: at, until: at });
    await certificates.decide(id, 0, {
      verdict,
      causes: [],
      memberships: kind === 'accept' ? [`${owner}.eu1`] : [],
      anchorId: anchorOf(owner),
      tenant: owner,
      subject: `CN=${name}`,
      serialNumber: '01',
      publicKeyId: null,
      validTo: NOW + 86_400_000,
      entry: { at, actor: 'onboarding', state: stateOf({ verdict, causes: [] }), reason: null, seen: null, rules: 1 },
    });
    const status = { accept: 'ACTIVE', hold: 'PENDING_ACTIVATION', reject: 'INACTIVE' } as const;
    const memberships = kind === 'accept' ? [`${owner}.eu1`] : [];
    await certificates.settle(id, { version: 1, status: status[kind], at, memberships });
    return id;
  };

  /** A device that is let in. */
  const onboarded = async (id: CertificateId, owner: TenantName, name: string, key = name): Promise<CertificateId> => {
    await decided(id, owner, 'accept', name);
    await devices.claim(key, {
      clientId: clientId(name),
      tenant: owner,
      certificateId: id,
      permissionSet: `${owner}.eu1`,
      user: null,
      claimedAt: NOW,
    });
    return id;
  };

  /** Does what the queue asks of permission sets, but for what is not due yet. */
  const work = async (): Promise<void> => {
    for (;;) {
      const next = waiting.findIndex(({ due }) => due <= time.now);
      const [message] = next < 0 ? [] : waiting.splice(next, 1);
      if (message === undefined) return;
      await workOnPermissionSet(deps)(message.command);
    }
  };

  return {
    deps,
    call,
    work,
    clockForward: (milliseconds: number): void => {
      time.now += milliseconds;
    },
    waiting,
    setGateway,
    users,
    roles: deps.roles,
    permissionSets: deps.permissionSets,
    tenant,
    decided,
    onboarded,
    tenants,
    anchors,
    blockLists,
    devices,
    certificates,
    rejectedEvents,
    commands,
    trustCommands,
    iot,
    logged,
  };
};
