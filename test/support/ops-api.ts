// The management API's function on registries in memory: what a request answers, and what it changed.

import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import { readAnchorPem } from '#adapters/x509-certificates.ts';
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
import type { ConvergeCommand } from '#ports/messages.ts';
import { httpHandler } from '#runtime/http-handler.ts';
import { inMemoryCertificateRegistry } from '#support/in-memory-certificate-registry.ts';
import { inMemoryDeviceRegistry } from '#support/in-memory-device-registry.ts';
import { inMemoryRejectedEvents } from '#support/in-memory-messages.ts';
import { inMemoryAnchorRegistry, inMemoryTenantRegistry } from '#support/in-memory-trust.ts';
import { opsOperations } from '../../functions/ops-api/operations.ts';

export const NOW = Date.parse('2026-01-31T12:00:00Z');
export const OPERATOR = 'arn:aws:iam::123456789012:user/op';

type Request = {
  readonly query?: Record<string, string>;
  readonly body?: unknown;
  readonly raw?: Record<string, unknown>;
};
type Answer = { readonly status: number; readonly type: string | undefined; readonly body: Record<string, unknown> };

export const fingerprint = (n: number): CertificateId => certificateId(n.toString(16).padStart(64, '0'));
export const anchorOf = (tenant: string): AnchorId => anchorId(Buffer.from(tenant.padEnd(32, '.')).toString('hex'));

export const startOpsApi = () => {
  const tenants = inMemoryTenantRegistry();
  const anchors = inMemoryAnchorRegistry();
  const devices = inMemoryDeviceRegistry();
  const certificates = inMemoryCertificateRegistry(anchors, devices);
  const rejectedEvents = inMemoryRejectedEvents();
  const commands: ConvergeCommand[] = [];
  /** calls of IoT Core in order */
  const iot: string[] = [];
  const logged: string[] = [];
  const logger = new Logger({ serviceName: 'ops-api' });
  for (const level of ['info', 'warn', 'error'] as const)
    logger[level] = (message, ...more) => {
      logged.push(JSON.stringify([level, message, ...more]));
    };
  let ids = 0;

  const deps = {
    tenants,
    anchors,
    certificates,
    devices,
    listing: certificates.listing,
    rejectedEvents,
    commands: { send: async (command: ConvergeCommand) => void commands.push(command) },
    permissionSets: {
      ensure: async ({ id }: { id: string }, document: string) => {
        iot.push(`ensure ${id} ${JSON.parse(document).Version}`);
      },
    },
    gateway: {
      register: async (pem: string) => {
        iot.push('register');
        const read = readAnchorPem(pem);
        if (!read.ok) throw new Error(read.error.message);
        return read.value.id;
      },
      enableRegistration: async (id: AnchorId) => void iot.push(`enable ${id}`),
    },
    broker: async () => ({ host: 'broker.example.com', port: 8883, serverCaPem: 'PEM' }),
    readAnchor: readAnchorPem,
    arn: { partition: 'aws', region: 'eu-central-1', accountId: '123456789012' },
    newId: () => {
      ids += 1;
      return `id-${ids}`;
    },
    clock: () => NOW,
  };
  const handler = httpHandler(opsOperations(deps), { logger });

  const call = async (method: string, path: string, { query, body, raw }: Request = {}): Promise<Answer> => {
    const event = {
      version: '2.0',
      routeKey: '$default',
      rawPath: path,
      ...(query && { queryStringParameters: query }),
      ...(body !== undefined && { body: JSON.stringify(body) }),
      isBase64Encoded: false,
      headers: {},
      requestContext: {
        requestId: 'request-1',
        http: { method, path },
        authorizer: { iam: { userArn: OPERATOR } },
      },
      ...raw,
    };
    const result = await handler(event as unknown as Parameters<typeof handler>[0], { awsRequestId: 'r' } as Context, {
      signal: new AbortController().signal,
    });
    const { statusCode, headers, body: text } = result ?? {};
    return {
      status: statusCode ?? 0,
      type: headers?.['content-type']?.toString(),
      body: JSON.parse(text ?? 'null') as Record<string, unknown>,
    };
  };

  const tenant = (name: string, changes: Partial<Tenant> = {}): TenantName => {
    const made = {
      naming: 'eu1',
      admission: 'auto',
      allowListId: null,
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
        ? { kind, clientId: clientId(name ?? ''), permissionSet: `${owner}.eu1` }
        : { kind, clientId: name, ...refusal }
    ) as Verdict;
    await certificates.claim(id, { owner: 'event', now: at, until: at });
    await certificates.decide(id, 0, {
      verdict,
      causes: [],
      anchorId: anchorOf(owner),
      tenant: owner,
      subject: `CN=${name}`,
      validTo: NOW + 86_400_000,
      entry: { at, actor: 'onboarding', state: stateOf({ verdict, causes: [] }), reason: null, seen: null, rules: 1 },
    });
    const status = { accept: 'ACTIVE', hold: 'PENDING_ACTIVATION', reject: 'INACTIVE' } as const;
    await certificates.settle(id, { version: 1, status: status[kind], at });
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
      claimedAt: NOW,
    });
    return id;
  };

  return {
    deps,
    call,
    tenant,
    decided,
    onboarded,
    tenants,
    anchors,
    devices,
    certificates,
    rejectedEvents,
    commands,
    iot,
    logged,
  };
};
