// What IoT Core says of a certificate: its subject under its anchor, its status, and whether it is ours to change.

import type { CertificateRecord } from '#domain/certificate.ts';
import { PermanentError, TransientError } from '#domain/errors.ts';
import { commonNameOf } from '#domain/naming.ts';
import type { CertificateGateway } from '#ports/iot-gateways.ts';
import { type JudgePorts, readSubject, type Subject } from './judge-certificate.ts';
import type { WhileLeased } from './lease.ts';

export type LookPorts = JudgePorts & { readonly iot: CertificateGateway };

export type Look = {
  /** newer than the one that was looked for when a second delivery of the same event was faster */
  readonly record: CertificateRecord;
  readonly subject: Subject;
  /** the subject's common name, empty when it has none that a client id may carry */
  readonly cn: string;
  readonly status: string;
};

/**
 * A certificate is ours to change from our first decision on it, which only one in PENDING_ACTIVATION can get. Until
 * then another status is somebody else's doing and stays. From then on ACTIVE is what a crashed attempt of ours left, or
 * a hand-made change, and is brought to what the registry says; transfers never are, and REVOKED is where an operator
 * revoked it here.
 */
const isOurs = (record: CertificateRecord, status: string): boolean =>
  status === 'PENDING_ACTIVATION' ||
  (status === 'REVOKED' && record.causes.includes('REVOKED')) ||
  (record.verdict !== null && (status === 'INACTIVE' || status === 'ACTIVE'));

/** @throws PermanentError `UNEXPECTED_STATUS` when somebody else changed it */
export const expectOurs = async (
  { certificates }: Pick<LookPorts, 'certificates'>,
  claimed: CertificateRecord,
  status: string,
): Promise<CertificateRecord> => {
  const { id } = claimed;
  if (isOurs(claimed, status)) return claimed;
  const record = await certificates.find(id);
  if (record && isOurs(record, status)) return record;
  throw new PermanentError(
    'UNEXPECTED_STATUS',
    `expected certificate ${id} to be PENDING_ACTIVATION, got ${status}: it was changed outside of Vestibule and stays as it is`,
  );
};

const cnOf = ({ certificate }: Subject): string => {
  const cn = 'unreadable' in certificate ? null : commonNameOf(certificate.subject);
  return cn?.ok ? cn.value : '';
};

/**
 * @throws PermanentError `UNEXPECTED_STATUS` when somebody else changed it
 * @throws TransientError when IoT Core does not know it, or the registry its anchor
 */
export const lookAtCertificate = async (
  ports: LookPorts,
  known: CertificateRecord,
  leased: WhileLeased,
): Promise<Look> => {
  const described = await leased(() => ports.iot.describe(known.id));
  if (!described)
    throw new TransientError(`IoT Core has no certificate ${known.id}: it was deleted, or lives in another account`, {
      code: 'CERTIFICATE_NOT_FOUND',
    });
  const record = await expectOurs(ports, known, described.status);
  const subject = await readSubject(ports, described);
  return { record, subject, cn: cnOf(subject), status: described.status };
};

/**
 * Somebody else deleted the certificate, or changed it to what is not ours to change: it lets nobody in, so that for whoever
 * keeps certificates out it is no failure, and nothing is to be done.
 */
export const isGone = (error: unknown): boolean =>
  (error instanceof TransientError && error.code === 'CERTIFICATE_NOT_FOUND') ||
  (error instanceof PermanentError && error.code === 'UNEXPECTED_STATUS');
