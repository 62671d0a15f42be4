// Records what the broker tells of a device's connections: last session, takeovers, attempts with a wrong client id.

import { deviceKeyOfAccepted } from '#domain/device-key.ts';
import type { DomainEvent } from '#domain/domain-event.ts';
import { isCertificateId } from '#domain/ids.ts';
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
  | {
      readonly kind: 'ignored';
      readonly because: 'unknown-principal' | 'not-onboarded' | 'own-id-refused' | 'other-id-left';
    };

type SessionEvent = Extract<DomainEvent, { tried: unknown }>;

/**
 * Repeatable, in any order. A device is found by its certificate, never by the client id that was tried.
 */
export const recordPresence =
  ({ certificates, devices, events }: PresencePorts) =>
  async (heard: SessionNews): Promise<PresenceOutcome> => {
    // sessions of people and services carry another kind of principal
    if (!isCertificateId(heard.principal)) return { kind: 'ignored', because: 'unknown-principal' };
    const record = await certificates.find(heard.principal);
    if (!record) return { kind: 'ignored', because: 'unknown-principal' };
    const { verdict, tenant } = record;
    if (verdict?.kind !== 'accept' || tenant === null) return { kind: 'ignored', because: 'not-onboarded' };

    const { clientId } = verdict;
    const key = deviceKeyOfAccepted(verdict);
    const ip = heard.kind === 'disconnected' ? null : heard.ip;
    const session = (type: SessionEvent['type'], tried: string): SessionEvent => ({
      type,
      // the same attempt has the same session id in each delivery
      id: `${record.id}.${heard.sessionId}.${type}`,
      at: heard.at,
      tenant,
      clientId,
      certificateId: record.id,
      tried,
      ip,
    });

    if (heard.clientId !== clientId) {
      if (heard.kind === 'disconnected') return { kind: 'ignored', because: 'other-id-left' };
      // The policy refuses every other id, so a session under one is refused or is a policy gone wrong: told alike.
      const tried = shown(heard.clientId);
      await devices.recordMismatch(key, { tried, at: heard.at, ip });
      await events.publish([session('session.mismatch', tried)]);
      return { kind: 'mismatch', tried };
    }
    if (heard.kind === 'refused') return { kind: 'ignored', because: 'own-id-refused' };

    const recorded = await devices.recordPresence(key, {
      connected: heard.kind === 'connected',
      at: heard.at,
      sessionId: heard.sessionId,
      versionNumber: heard.versionNumber,
      ip,
      disconnectReason: heard.kind === 'disconnected' ? heard.disconnectReason : null,
    });
    // The end of the old session is mostly heard after the start of the new one: late for presence, news all the same.
    if (heard.kind === 'disconnected' && heard.disconnectReason === 'DUPLICATE_CLIENTID') {
      await events.publish([session('session.duplicate', clientId)]);
      return { kind: 'takeover' };
    }
    return { kind: recorded ? 'recorded' : 'late' };
  };
