// Makes IoT Core what the registry says it should be. The only place that changes the status of a certificate.

import type { Cause, IotStatus, Verdict } from '#domain/certificate.ts';
import { wantedStatus } from '#domain/certificate-state.ts';
import type { Device } from '#domain/device.ts';
import { deviceKeyOfAccepted, otherKeyOfAccepted } from '#domain/device-key.ts';
import type { CertificateRegistry, Recheck } from '#ports/certificate-registry.ts';
import type { CertificateGateway, ThingGateway } from '#ports/iot-gateways.ts';
import type { WhileLeased } from './lease.ts';
import type { DecidedRecord } from './transition.ts';

export type ConvergePorts = {
  readonly certificates: Pick<CertificateRegistry, 'recheck'>;
  readonly iot: CertificateGateway;
  readonly things: ThingGateway;
  readonly whileLeased: WhileLeased;
};

export type Converged =
  /** IoT Core is as the record wants it */
  | { readonly kind: 'applied'; readonly status: IotStatus }
  /** a fact changed meanwhile; `status` is what IoT Core was left at */
  | { readonly kind: 'changed'; readonly status: string; readonly now: Recheck }
  | { readonly kind: 'thing-taken'; readonly status: string };

/** Why a certificate must not be active now, beside what its record says. */
export const barredBy = ({ anchor, device }: Recheck): readonly Cause[] => [
  ...(anchor?.state === 'ACTIVE' ? [] : (['CA_REVOKED'] as const)),
  ...(device?.causes ?? []),
];

/**
 * Who else claimed the very same client id, under its other key. One that was let in came first and stays: whoever came
 * after it finds it there, since both claim before they look.
 */
export const rivalOf = ({ otherDevice }: Recheck, { id, verdict, wasActive }: DecidedRecord): Device | null =>
  otherDevice !== null && otherDevice.clientId === verdict.clientId && otherDevice.certificateId !== id && !wasActive
    ? otherDevice
    : null;

/** Waits for every call, also when one fails: none is left running when the lease is given back. */
const together = async (...calls: readonly Promise<void>[]): Promise<void> => {
  const failed = (await Promise.allSettled(calls)).find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
};

const letIn = async (
  { certificates, iot, things, whileLeased }: ConvergePorts,
  record: DecidedRecord,
  accepted: Extract<Verdict, { kind: 'accept' }>,
  cn: string,
  status: string,
): Promise<Converged> => {
  const { clientId, permissionSet } = accepted;
  const changed = async (): Promise<Recheck | null> => {
    const keys = [deviceKeyOfAccepted(accepted), otherKeyOfAccepted(accepted)] as const;
    const now = await certificates.recheck(record.id, record.anchorId, ...keys);
    const same = now.record.version === record.version && now.device?.certificateId === record.id;
    return same && barredBy(now).length === 0 && rivalOf(now, record) === null ? null : now;
  };

  const thing = await whileLeased(() => things.create({ name: clientId, tenant: record.tenant, cn }));
  if (thing === 'taken') return { kind: 'thing-taken', status };
  await together(
    whileLeased(() => things.attachCertificate(clientId, record.id)),
    whileLeased(() => things.joinPermissionSet(clientId, permissionSet)),
  );

  // V-05: the anchor may have been revoked since it was read
  const before = await changed();
  if (before) return { kind: 'changed', status, now: before };
  await whileLeased(() => iot.setStatus(record.id, 'ACTIVE'));
  // UpdateCertificate takes no precondition, so what changed between the read and the call is found only now
  const after = await changed();
  return after ? { kind: 'changed', status: 'ACTIVE', now: after } : { kind: 'applied', status: 'ACTIVE' };
};

/**
 * @param cn the subject's common name, an attribute of the thing
 * @param status what IoT Core says of the certificate
 */
export const converge = async (
  ports: ConvergePorts,
  record: DecidedRecord,
  cn: string,
  status: string,
): Promise<Converged> => {
  const wanted = wantedStatus(record);
  if (wanted === 'ACTIVE' && record.verdict.kind === 'accept') return letIn(ports, record, record.verdict, cn, status);
  // No call sets PENDING_ACTIVATION (AWS IoT API reference, UpdateCertificate): what left it is kept out as INACTIVE.
  if (wanted === 'PENDING_ACTIVATION' && status === wanted) return { kind: 'applied', status: wanted };
  if (status !== 'INACTIVE') await ports.whileLeased(() => ports.iot.setStatus(record.id, 'INACTIVE'));
  return { kind: 'applied', status: 'INACTIVE' };
};
