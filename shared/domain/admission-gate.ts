// Who may connect, decided by the registry before IoT Core looks at the connection: an act of an operator counts from the
// moment at which it is recorded, however long it takes to reach the certificates.

import { causesNow, type Surroundings } from './bars.ts';
import type { CertificateRecord } from './certificate.ts';
import { stateOf } from './certificate-state.ts';
import type { Device } from './device.ts';
import type { Tenant } from './tenant.ts';

/** A certificate that is shown, and what stands around it. */
export type Shown = Omit<Surroundings, 'device'> & {
  /** null for a certificate that the registry does not know */
  readonly record: Pick<
    CertificateRecord,
    'id' | 'anchorId' | 'tenant' | 'verdict' | 'causes' | 'validTo' | 'wasActive'
  > | null;
  /** where the record names no anchor it is the one that issued the certificate, as far as the connection shows it */
  readonly anchor: Surroundings['anchor'];
  readonly device: Pick<Device, 'tenant' | 'certificateId' | 'former' | 'others' | 'causes' | 'presence'> | null;
  readonly tenant: Pick<Tenant, 'secondSession'> | null;
};

/** Why a connection is refused, with what was seen. */
export type GateRefusal = {
  readonly why: 'ANCHOR_NOT_ACTIVE' | 'CERTIFICATE_BARRED' | 'SECOND_SESSION';
  readonly seen: string;
};

/**
 * Null lets the connection go on to IoT Core, which lets in none but ACTIVE certificates. What the registry does not know,
 * or has not let in yet, goes on too: IoT Core must see it to register it, and to announce that it came back.
 */
export const gateRefusal = (shown: Shown): GateRefusal | null => {
  const { record, anchor, device, tenant } = shown;
  // an anchor that is deleted is on record as such, so one that is not there at all vouches for nobody either
  if (anchor === null ? record !== null && record.anchorId !== null : anchor.state !== 'ACTIVE')
    return { why: 'ANCHOR_NOT_ACTIVE', seen: anchor?.state ?? 'not in the registry' };
  if (record === null) return null;

  const causes = causesNow(record, shown);
  const state = stateOf({ verdict: record.verdict, causes });
  if (state === 'PENDING' || state === 'HELD') return null;
  if (state !== 'ACTIVE') return { why: 'CERTIFICATE_BARRED', seen: [state, ...causes].join(' ') };
  // Whose session it is does not matter: a client id has one. A client that is gone without a word counts as connected
  // until the broker misses it, after one and a half times its keep-alive ([MQTT-3.1.2-24]).
  return tenant?.secondSession === 'refuse-new' && device?.presence?.connected === true
    ? { why: 'SECOND_SESSION', seen: device.presence.sessionId }
    : null;
};
