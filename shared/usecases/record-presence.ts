// Records what the broker tells of a device's connections: last session, takeovers, attempts with a wrong client id.

import { deviceKeyOfAccepted } from '#domain/device-key.ts';
import type { DomainEvent } from '#domain/domain-event.ts';
import { type CertificateId, type ClientId, isCertificateId, type TenantName } from '#domain/ids.ts';
import type { SessionNews } from '#domain/session-news.ts';
import { shown } from '#domain/shown.ts';
import type { CertificateRegistry } from '#ports/certificate-registry.ts';
import type { DeviceRegistry } from '#ports/device-registry.ts';
import type { EventPublisher } from '#ports/messages.ts';

export type PresencePorts = {
  readonly certificates: Pick<CertificateRegistry, 'find'>;
  readonly devices: Pick<DeviceRegistry, 'recordPresence' | 'recordMismatch'>;
  readonly events: EventPublisher;
};

export type PresenceOutcome =
  | { readonly kind: 'recorded' | 'late' | 'takeover' }
  | { readonly kind: 'mismatch'; readonly tried: string }
  /** not a device of ours, or nothing that says anything of one */
  | { readonly kind: 'ignored'; readonly because: 'not-ours' | 'own-id-refused' | 'other-id-left' };

type Owner = {
  readonly certificateId: CertificateId;
  readonly key: string;
  readonly clientId: ClientId;
  readonly tenant: TenantName;
};

/** The device of a certificate; never looked for by the client id that was tried, which may be anybody's. */
const deviceOf = async ({ certificates }: PresencePorts, principal: string): Promise<Owner | null> => {
  // sessions of people and services carry another kind of principal
  if (!isCertificateId(principal)) return null;
  const { verdict, tenant } = (await certificates.find(principal)) ?? { verdict: null, tenant: null };
  if (verdict?.kind !== 'accept' || tenant === null) return null;
  return { certificateId: principal, key: deviceKeyOfAccepted(verdict), clientId: verdict.clientId, tenant };
};

const ipOf = (news: SessionNews): string | null => (news.kind === 'disconnected' ? null : news.ip);

const announcement = (
  type: Extract<DomainEvent, { tried: unknown }>['type'],
  { certificateId, clientId, tenant }: Owner,
  news: SessionNews,
): DomainEvent => ({
  type,
  // one attempt has one session id, in each delivery
  id: `${certificateId}.${news.sessionId}.${type}`,
  at: news.at,
  tenant,
  clientId,
  certificateId,
  tried: shown(news.clientId),
  ip: ipOf(news),
});

const recordMismatch = async (ports: PresencePorts, owner: Owner, news: SessionNews): Promise<PresenceOutcome> => {
  // told already, at its connect
  if (news.kind === 'disconnected') return { kind: 'ignored', because: 'other-id-left' };
  // The policy refuses every other id, so a session under one is refused, or is a policy gone wrong: told alike.
  const tried = shown(news.clientId);
  await ports.devices.recordMismatch(owner.key, { tried, at: news.at, ip: news.ip });
  await ports.events.publish([announcement('session.mismatch', owner, news)]);
  return { kind: 'mismatch', tried };
};

/** Repeatable, in any order. */
export const recordPresence =
  (ports: PresencePorts) =>
  async (news: SessionNews): Promise<PresenceOutcome> => {
    const owner = await deviceOf(ports, news.principal);
    if (!owner) return { kind: 'ignored', because: 'not-ours' };
    if (news.clientId !== owner.clientId) return recordMismatch(ports, owner, news);
    if (news.kind === 'refused') return { kind: 'ignored', because: 'own-id-refused' };

    const disconnectReason = news.kind === 'disconnected' ? news.disconnectReason : null;
    const recorded = await ports.devices.recordPresence(owner.key, {
      connected: news.kind === 'connected',
      at: news.at,
      sessionId: news.sessionId,
      versionNumber: news.versionNumber,
      ip: ipOf(news),
      disconnectReason,
    });
    // The end of the old session is mostly heard after the start of the new one: late for presence, news all the same.
    if (disconnectReason === 'DUPLICATE_CLIENTID') {
      await ports.events.publish([announcement('session.duplicate', owner, news)]);
      return { kind: 'takeover' };
    }
    return { kind: recorded ? 'recorded' : 'late' };
  };
