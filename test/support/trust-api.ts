// The function behind the routes of trust on registries in memory: what a request answers, and what it changed.

import { Logger } from '@aws-lambda-powertools/logger';
import { digest } from '#adapters/name-digests.ts';
import { noPrivateCa } from '#adapters/no-private-ca.ts';
import { TRUST_ROUTES } from '#contracts/trust-api.ts';
import { PermanentError } from '#domain/errors.ts';
import { type CertificateId, type TenantName, tenantName } from '#domain/ids.ts';
import type { Tenant } from '#domain/tenant.ts';
import { CHALLENGE_SECONDS } from '#names/timing.ts';
import type { DescribedCertificate } from '#ports/iot-gateways.ts';
import type { TrustCommand } from '#ports/messages.ts';
import { httpHandler } from '#runtime/http-handler.ts';
import { apiCall } from '#support/api-call.ts';
import { inMemoryAnchorGateway, inMemoryAnchorPlaces, inMemoryAnchorRegistry } from '#support/in-memory-anchors.ts';
import { inMemoryBlockLists } from '#support/in-memory-block-lists.ts';
import { inMemoryCertificateRegistry } from '#support/in-memory-certificate-registry.ts';
import { inMemoryDeviceRegistry } from '#support/in-memory-device-registry.ts';
import { inMemoryEventPublisher } from '#support/in-memory-messages.ts';
import { inMemoryTenantLock, inMemoryUserRegistry } from '#support/in-memory-permissions.ts';
import { inMemoryTenantRegistry } from '#support/in-memory-trust.ts';
import { trustOperations } from '../../functions/trust-api/operations.ts';
import { READERS } from '../../functions/trust-api/readers.ts';

export const NOW = Date.parse('2026-01-31T12:00:00Z');
export const ADMIN = 'arn:aws:iam::123456789012:user/admin';

export const startTrustApi = () => {
  const time = { now: NOW };
  const clock = () => time.now;
  const users = inMemoryUserRegistry();
  const blockLists = inMemoryBlockLists();
  const tenants = inMemoryTenantRegistry(users, blockLists);
  const anchors = inMemoryAnchorRegistry();
  const devices = inMemoryDeviceRegistry();
  const certificates = inMemoryCertificateRegistry(anchors, devices, users, blockLists);
  const places = inMemoryAnchorPlaces();
  const events = inMemoryEventPublisher();
  /** calls of IoT Core in order */
  const iot: string[] = [];
  /** device certificates of IoT Core */
  const described = new Map<CertificateId, DescribedCertificate>();
  const commands: TrustCommand[] = [];
  /** PEM by ARN of what AWS Private CA has */
  const privateCas = new Map<string, string>();
  const logged: string[] = [];
  const logger = new Logger({ serviceName: 'trust-api' });
  for (const level of ['info', 'warn', 'error'] as const)
    logger[level] = (message, ...more) => {
      logged.push(JSON.stringify([level, message, ...more]));
    };
  let [ids, codes] = [0, 0];

  const deps = {
    tenants,
    anchors,
    places,
    tenantLock: inMemoryTenantLock(clock),
    gateway: inMemoryAnchorGateway(iot),
    events,
    trustQueue: { send: async (command: TrustCommand) => void commands.push(command) },
    devices,
    certificates,
    blockLists,
    listing: certificates.listing,
    iot: { describe: async (id: CertificateId) => described.get(id) ?? null },
    privateCa: {
      ...noPrivateCa,
      certificate: async (arn: string) => {
        const pem = privateCas.get(arn);
        if (pem === undefined) throw new PermanentError('PRIVATE_CA_UNKNOWN', `expected a private CA, got ${arn}`);
        return pem;
      },
    },
    ...READERS,
    digest,
    newId: () => {
      ids += 1;
      return `id-${ids}`;
    },
    newCode: () => {
      codes += 1;
      return codes.toString(16).padStart(64, 'c');
    },
    challengeMs: CHALLENGE_SECONDS * 1_000,
    clock,
  };
  const handler = httpHandler(TRUST_ROUTES, trustOperations(deps), { logger });

  const tenant = (name: string, changes: Partial<Tenant> = {}): TenantName => {
    tenants.tenants.set(tenantName(name), {
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
      name: tenantName(name),
    });
    return tenantName(name);
  };

  return {
    deps,
    call: apiCall(handler, ADMIN),
    time,
    tenant,
    tenants,
    anchors,
    places,
    devices,
    certificates,
    blockLists,
    events,
    iot,
    described,
    commands,
    privateCas,
    logged,
  };
};
