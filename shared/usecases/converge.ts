// Makes IoT Core what the registry says it should be. The only place that changes the status of a certificate.

import type { Cause, IotStatus } from '#domain/certificate.ts';
import { isKnownActive, wantedStatus } from '#domain/certificate-state.ts';
import type { Device } from '#domain/device.ts';
import { deviceKeyOfAccepted, otherKeyOfAccepted } from '#domain/device-key.ts';
import type { CertificateRegistry, Recheck } from '#ports/certificate-registry.ts';
import type { CertificateGateway, SessionGateway, ThingGateway } from '#ports/iot-gateways.ts';
import { type Accepted, type ClaimPorts, claimDevice, isKeptToUser } from './keep-to-user.ts';
import type { WhileLeased } from './lease.ts';
import type { DecidedRecord } from './transition.ts';

export type ConvergePorts = ClaimPorts & {
  readonly certificates: Pick<CertificateRegistry, 'recheck'>;
  readonly iot: CertificateGateway;
  readonly things: ThingGateway;
  readonly sessions: SessionGateway;
  readonly whileLeased: WhileLeased;
};

export type Converged =
  /** IoT Core is as the record wants it; the thing is in no permission set but these */
  | { readonly kind: 'applied'; readonly status: IotStatus; readonly memberships: readonly string[] }
  /** a fact changed meanwhile; `status` is what IoT Core was left at */
  | { readonly kind: 'changed'; readonly status: string; readonly now: Recheck }
  | { readonly kind: 'thing-taken'; readonly status: string };

/** What IoT Core says of a certificate. `cn` is the subject's common name, an attribute of the thing. */
export type Standing = { readonly cn: string; readonly status: string };

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

const recheck = (
  { certificates }: Pick<ConvergePorts, 'certificates'>,
  record: DecidedRecord,
  accepted: Accepted,
): Promise<Recheck> =>
  certificates.recheck(record.id, {
    anchor: record.anchorId,
    device: deviceKeyOfAccepted(accepted),
    otherDevice: otherKeyOfAccepted(accepted),
    user: accepted.user === null ? null : { tenant: record.tenant, username: accepted.user },
  });

/** @returns what stands in the registry now, when by that the certificate is not to be active as decided; else null */
const changedSince = async (
  ports: ConvergePorts,
  record: DecidedRecord,
  accepted: Accepted,
): Promise<Recheck | null> => {
  const now = await recheck(ports, record, accepted);
  const same = now.record.version === record.version && now.device?.certificateId === record.id;
  const good = barredBy(now).length === 0 && isKeptToUser(accepted, [], now) && rivalOf(now, record) === null;
  return same && good ? null : now;
};

/** Leaves every permission set but the wanted one, which it is in by now: it is never without one. */
const leaveOthers = (
  { things, whileLeased }: ConvergePorts,
  { memberships }: DecidedRecord,
  { clientId, permissionSet }: Accepted,
): Promise<void> =>
  together(
    ...memberships
      .filter((set) => set !== permissionSet)
      .map((set) => whileLeased(() => things.leavePermissionSet(clientId, set))),
  );

const letIn = async (
  ports: ConvergePorts,
  record: DecidedRecord,
  accepted: Accepted,
  { cn, status }: Standing,
): Promise<Converged> => {
  const { iot, things, whileLeased } = ports;
  const { clientId, permissionSet } = accepted;
  const changed = async (): Promise<Recheck | null> => {
    const now = await changedSince(ports, record, accepted);
    // its thing is this thing, and gets what the certificate's own profile gives from nobody but this certificate
    if (now && rivalOf(now, record)) await whileLeased(() => things.leavePermissionSet(clientId, permissionSet));
    return now;
  };

  const thing = await whileLeased(() => things.create({ name: clientId, tenant: record.tenant, cn }));
  if (thing === 'taken') return { kind: 'thing-taken', status };
  await together(
    whileLeased(() => things.attachCertificate(clientId, record.id)),
    whileLeased(() => things.joinPermissionSet(clientId, permissionSet)),
  );
  await leaveOthers(ports, record, accepted);

  // V-05: the anchor may have been revoked since it was read, or the grant removed
  const before = await changed();
  if (before) return { kind: 'changed', status, now: before };
  await whileLeased(() => iot.setStatus(record.id, 'ACTIVE'));
  // UpdateCertificate takes no precondition, so what changed between the read and the call is found only now
  const after = await changed();
  if (after) return { kind: 'changed', status: 'ACTIVE', now: after };
  return { kind: 'applied', status: 'ACTIVE', memberships: [permissionSet] };
};

/** Brings a thing whose certificate is ACTIVE to the permission set that is wanted by now. */
const move = async (ports: ConvergePorts, record: DecidedRecord, accepted: Accepted): Promise<Converged> => {
  const { things, whileLeased } = ports;
  const { clientId, permissionSet } = accepted;
  // it was let in with one set: as long as no other was wanted since, it is in that one
  if (record.memberships.some((set) => set !== permissionSet))
    await whileLeased(() => things.joinPermissionSet(clientId, permissionSet));
  // without a user it never moves; an attempt that is late must not take the user from the device
  if (accepted.user !== null) await claimDevice(ports, accepted, record);
  await leaveOthers(ports, record, accepted);
  const now = await changedSince(ports, record, accepted);
  if (now) return { kind: 'changed', status: 'ACTIVE', now };
  return { kind: 'applied', status: 'ACTIVE', memberships: [permissionSet] };
};

/**
 * The same for a certificate that is kept out. Whoever gave its user the grant back before this decision may have found
 * nothing barred yet, and told nobody.
 */
const freedSince = async (ports: ConvergePorts, record: DecidedRecord): Promise<Recheck | null> => {
  const { verdict, causes } = record;
  if (verdict.kind !== 'accept' || verdict.user === null) return null;
  const now = await recheck(ports, record, verdict);
  return isKeptToUser(verdict, causes, now) ? null : now;
};

const keepOut = async (
  { iot, sessions, whileLeased }: ConvergePorts,
  { id, verdict, history }: DecidedRecord,
  status: string,
): Promise<void> => {
  if (status !== 'INACTIVE') await whileLeased(() => iot.setStatus(id, 'INACTIVE'));
  // Only now: who is cut off while ACTIVE connects again. Who never was let in has no session.
  const { clientId } = verdict;
  const wasLetIn = status === 'ACTIVE' || history.some(({ state }) => state === 'ACTIVE');
  if (clientId !== null && wasLetIn) await whileLeased(() => sessions.disconnect(clientId));
};

/**
 * @param look asks IoT Core, unless what was recorded says enough
 * @param left the status that this attempt left in IoT Core before, null for none: what a faster attempt recorded may
 * have been true until then
 */
export const converge = async (
  ports: ConvergePorts,
  record: DecidedRecord,
  look: () => Promise<Standing>,
  left: string | null,
): Promise<Converged> => {
  const { verdict, memberships } = record;
  const wanted = wantedStatus(record);
  if (wanted === 'ACTIVE' && verdict.kind === 'accept') {
    const isActive = isKnownActive(record) && (left === null || left === 'ACTIVE');
    return isActive ? move(ports, record, verdict) : letIn(ports, record, verdict, await look());
  }
  const { status } = await look();
  // No call sets PENDING_ACTIVATION (AWS IoT API reference, UpdateCertificate): what left it is kept out as INACTIVE.
  const kept = wanted === 'PENDING_ACTIVATION' && status === wanted ? wanted : 'INACTIVE';
  if (kept === 'INACTIVE') await keepOut(ports, record, status);
  const now = await freedSince(ports, record);
  return now ? { kind: 'changed', status: kept, now } : { kind: 'applied', status: kept, memberships };
};
