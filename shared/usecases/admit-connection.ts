// Decides on a connection before IoT Core does: what the registry knows of the certificate that it shows.

import { type GateRefusal, gateRefusal } from '#domain/admission-gate.ts';
import type { CertificateRecord } from '#domain/certificate.ts';
import { deviceKeyOfAccepted } from '#domain/device-key.ts';
import type { AnchorId, CertificateId } from '#domain/ids.ts';
import type { AdmissionAround, AdmissionKeys, AdmissionRegistry } from '#ports/admission.ts';
import type { Clock } from '#ports/clock.ts';

export type AdmitConnectionDeps = { readonly registry: AdmissionRegistry; readonly clock: Clock };

const NOTHING: AdmissionAround = { anchor: null, device: null, tenant: null, blocked: false, onCrl: false };

const acceptedKeys = (record: CertificateRecord | null): AdmissionKeys['accepted'] =>
  record?.verdict?.kind === 'accept' && record.tenant !== null
    ? {
        certificate: record.id,
        tenant: record.tenant,
        deviceKey: deviceKeyOfAccepted(record.verdict),
        serialNumber: record.serialNumber,
      }
    : null;

/**
 * @param issuer the CA that issued the leaf, when the connection shows it
 * @returns why it is refused; null when it may go on
 * @throws what the registry throws: who cannot be looked up must not be let in
 */
export const admitConnection =
  ({ registry, clock }: AdmitConnectionDeps) =>
  async ({ leaf, issuer }: { leaf: CertificateId; issuer: AnchorId | null }): Promise<GateRefusal | null> => {
    const record = await registry.findCertificate(leaf);
    const anchor = record?.anchorId ?? issuer;
    const around = anchor === null ? NOTHING : await registry.findAround({ anchor, accepted: acceptedKeys(record) });
    return gateRefusal({ ...around, record, now: clock() });
  };
