// Records what the broker tells of a device's connections: last session, takeovers, attempts with a wrong client id.

import type { CertificateRecord } from '#domain/certificate.ts';
import { stateOf } from '#domain/certificate-state.ts';
import type { Device } from '#domain/device.ts';
import { deviceKeyOfAccepted } from '#domain/device-key.ts';
import type { DomainEvent } from '#domain/domain-event.ts';
import { type CertificateId, type ClientId, isCertificateId, type TenantName } from '#domain/ids.ts';
import type { SessionNews } from '#domain/session-news.ts';
import { shown } from '#domain/shown.ts';
import type { DeviceRegistry } from '#ports/device-registry.ts';
import type { SessionGateway } from '#ports/iot-gateways.ts';
import type { EventPublisher } from '#ports/messages.ts';
import { type RetireFormerDeps, retireFormer } from './retire-former.ts';

export type PresencePorts = RetireFormerDeps & {
  readonly devices: Pick<DeviceRegistry, 'recordPresence' | 'recordMismatch'>;
  readonly sessions: SessionGateway;
  readonly events: EventPublisher;
};

export type PresenceOutcome =
  | { readonly kind: 'recorded' | 'late' | 'takeover' }
  /** a certificate that is barred had a session, which was ended */
  | { readonly kind: 'cut' }
  | { readonly kind: 'mismatch'; readonly tried: string }
  /** not a device of ours, or nothing that says anything of one */
  | { readonly kind: 'ignored'; readonly because: 'not-ours' | 'own-id-refused' | 'other-id-left' };

type Owner = {
  readonly certificateId: CertificateId;
  readonly isBarred: boolean;
  readonly key: string;
  readonly clientId: ClientId;
  readonly tenant: TenantName;
};

/** Sessions of people and services carry another kind of principal. */
const recordOf = async ({ certificates }: PresencePorts, principal: string): Promise<CertificateRecord | null> =>
  isCertificateId(principal) ? certificates.find(principal) : null;

/** The device of a certificate; never looked for by the client id that was tried, which may be anybody's. */
const ownerOf = (record: CertificateRecord): Owner | null => {
  const { id: certificateId, verdict, tenant } = record;
  if (verdict?.kind !== 'accept' || tenant === null) return null;
  const { clientId } = verdict;
  return { certificateId, isBarred: stateOf(record) !== 'ACTIVE', key: deviceKeyOfAccepted(verdict), clientId, tenant };
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

type Connected = Extract<SessionNews, { kind: 'connected' }>;

/**
 * What a session of a device's own means for it. One that a barred certificate still got is ended: its news may be older
 * than the session that the client id has by now, which may be another certificate's. A session of the newest certificate
 * ends the time of the one before it (J-11), in whatever order its news come.
 */
const takeUp = async (
  ports: PresencePorts,
  { certificateId, isBarred, key, clientId }: Owner,
  { sessionId }: Connected,
  device: Device | null,
): Promise<'cut' | null> => {
  const presence = device?.presence ?? null;
  if (isBarred) {
    if (presence?.connected === false || presence?.sessionId !== sessionId) return null;
    await ports.sessions.disconnect(clientId);
    return 'cut';
  }
  if (device?.certificateId === certificateId) await retireFormer(ports)(key, device);
  return null;
};

/** One that was turned away, and got in all the same for a moment, is cut; of anybody else there is nothing to say. */
const turnAway = async (
  { sessions }: PresencePorts,
  record: CertificateRecord | null,
  news: SessionNews,
): Promise<PresenceOutcome> => {
  const clientId = news.kind === 'connected' && record?.verdict?.kind === 'reject' ? record.verdict.clientId : null;
  if (clientId === null || clientId !== news.clientId) return { kind: 'ignored', because: 'not-ours' };
  await sessions.disconnect(clientId);
  return { kind: 'cut' };
};

type OfSession = Exclude<SessionNews, { kind: 'refused' }>;

/** A session under the client id that is the device's. */
const recordSession = async (ports: PresencePorts, owner: Owner, news: OfSession): Promise<PresenceOutcome> => {
  const disconnectReason = news.kind === 'disconnected' ? news.disconnectReason : null;
  const { recorded, device } = await ports.devices.recordPresence(owner.key, {
    connected: news.kind === 'connected',
    certificateId: owner.certificateId,
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
  const cut = news.kind === 'connected' ? await takeUp(ports, owner, news, device) : null;
  return { kind: cut ?? (recorded ? 'recorded' : 'late') };
};

/** Repeatable, in any order. */
export const recordPresence =
  (ports: PresencePorts) =>
  async (news: SessionNews): Promise<PresenceOutcome> => {
    const record = await recordOf(ports, news.principal);
    const owner = record && ownerOf(record);
    if (!owner) return turnAway(ports, record, news);
    if (news.clientId !== owner.clientId) return recordMismatch(ports, owner, news);
    if (news.kind === 'refused') return { kind: 'ignored', because: 'own-id-refused' };
    return recordSession(ports, owner, news);
  };
