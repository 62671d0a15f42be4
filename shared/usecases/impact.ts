// Whom an act on a trust anchor would touch, said before it is done: certificates by state, who is connected now, and who
// was seen last.

import { type AnchorAct, isPossible, isUpload } from '#domain/anchor-acts.ts';
import type { CertificateState } from '#domain/certificate.ts';
import type { Device } from '#domain/device.ts';
import type { AnchorId, CertificateId, ClientId, TenantName } from '#domain/ids.ts';
import { ok } from '#domain/result.ts';
import type { CertificateListing, ListedCertificate } from '#ports/certificate-listing.ts';
import type { Clock } from '#ports/clock.ts';
import type { DeviceRegistry } from '#ports/device-registry.ts';
import type { Page } from '#ports/trust-registry.ts';
import { illegalAct } from './anchor-refusals.ts';
import { findTraces, type KnownAnchorsDeps, knownOf } from './known-anchors.ts';
import { type Outcome, unknownAnchor } from './refusal.ts';

/** A certificate that an act touches, with what was heard of its sessions. Times are epoch milliseconds. */
export type Affected = {
  readonly id: CertificateId;
  readonly clientId: ClientId | null;
  readonly state: CertificateState;
  readonly connected: boolean;
  /** the address that it is connected from, or was last */
  readonly ip: string | null;
  /** when its presence changed last; null when it was never seen */
  readonly lastSeen: number | null;
};

export type Impact = {
  readonly anchor: AnchorId;
  readonly certificates: number;
  readonly states: Readonly<Partial<Record<CertificateState, number>>>;
  /** of those, how many something other than the anchor keeps out */
  readonly barredOtherwise: number;
  readonly connected: number;
  readonly lastSeen: number | null;
  /** the first of them: those that are connected before those that are let in, and these before others */
  readonly devices: readonly Affected[];
  /** whether there are more certificates than were counted */
  readonly more: boolean;
};

type Named = Pick<ListedCertificate, 'id' | 'clientId' | 'state'>;

/** What a request can count within its time: each page is two reads, a thousand lines about as much as one answer holds. */
const COUNTED = 10_000;
const PAGE = 1_000;
const SHOWN = 25;

/** Presence is the device's: it says something of a certificate only if the session was made with it. */
const presenceOf = ({ id }: Named, device: Device | null) => {
  const presence = device?.presence ?? null;
  return presence && (presence.certificateId ?? device?.certificateId) === id ? presence : null;
};

/** @param device the device of its client id; null when there is none */
export const affectedDevice = (certificate: Named, device: Device | null): Affected => {
  const { id, clientId, state } = certificate;
  const presence = presenceOf(certificate, device);
  return {
    id,
    clientId,
    state,
    connected: presence?.connected ?? false,
    ip: presence?.ip ?? null,
    lastSeen: presence?.at ?? null,
  };
};

/** In the order of the certificates. */
export const affectedDevices =
  ({ devices }: { readonly devices: Pick<DeviceRegistry, 'findAll'> }) =>
  async (certificates: readonly Named[]): Promise<readonly Affected[]> => {
    // a naming that ignores case keys its devices in lower case (N-12)
    const keys = certificates.flatMap(({ clientId }) => (clientId === null ? [] : [clientId, clientId.toLowerCase()]));
    const found = new Map((await devices.findAll([...new Set(keys)])).map((device) => [device.clientId, device]));
    return certificates.map((certificate) =>
      affectedDevice(certificate, (certificate.clientId && found.get(certificate.clientId)) ?? null),
    );
  };

const rankOf = ({ connected, state }: Affected): number => {
  if (connected) return 0;
  return state === 'ACTIVE' ? 1 : 2;
};

/** A revoked anchor holds whom it has not let in yet, and is one cause, or the only one, of who was. */
const isBarredOtherwise = ({ state, reason, seen }: ListedCertificate): boolean =>
  state !== 'ACTIVE' && !(reason === 'CA_REVOKED' && (state === 'HELD' || seen === 'CA_REVOKED'));

export type AnchorImpactDeps = KnownAnchorsDeps & {
  readonly listing: Pick<CertificateListing, 'underAnchor'>;
  readonly devices: Pick<DeviceRegistry, 'findAll'>;
  readonly clock: Clock;
};

const NOBODY = {
  certificates: 0,
  states: {},
  barredOtherwise: 0,
  connected: 0,
  lastSeen: null,
  devices: [],
  more: false,
};

/** Bounded: of an anchor with more certificates than can be counted in time, it says so. */
const countAffected =
  (deps: Pick<AnchorImpactDeps, 'listing' | 'devices'>) =>
  async (anchor: AnchorId): Promise<Impact> => {
    const affected = affectedDevices(deps);
    const states: Partial<Record<CertificateState, number>> = {};
    let [certificates, connected, barredOtherwise] = [0, 0, 0];
    let lastSeen: number | null = null;
    let devices: readonly Affected[] = [];
    let cursor: string | null = null;
    do {
      const page: Page<ListedCertificate> = await deps.listing.underAnchor(anchor, { limit: PAGE, cursor });
      const touched = await affected(page.items);
      for (const one of touched) {
        states[one.state] = (states[one.state] ?? 0) + 1;
        if (one.connected) connected += 1;
        if (one.lastSeen !== null) lastSeen = Math.max(one.lastSeen, lastSeen ?? one.lastSeen);
      }
      devices = [...devices, ...touched].toSorted((a, b) => rankOf(a) - rankOf(b)).slice(0, SHOWN);
      certificates += touched.length;
      barredOtherwise += page.items.filter(isBarredOtherwise).length;
      cursor = page.cursor;
    } while (cursor !== null && certificates < COUNTED);
    return { anchor, certificates, states, barredOtherwise, connected, lastSeen, devices, more: cursor !== null };
  };

/**
 * @param act null for any
 * @returns of an act that leads nowhere, why: what the act itself would answer
 */
export const anchorImpact =
  (deps: AnchorImpactDeps) =>
  async (tenant: TenantName, anchor: AnchorId, act: AnchorAct | null): Promise<Outcome<Impact>> => {
    const known = knownOf(tenant, await findTraces(deps)(tenant, anchor));
    if (!known) return unknownAnchor(anchor);
    if (act !== null && !isPossible(act, known)) return illegalAct(act, known, deps.clock());
    // it vouches for nobody, and whom the same CA vouches for may be another tenant's
    return ok(isUpload(known) ? { anchor, ...NOBODY } : await countAffected(deps)(anchor));
  };
