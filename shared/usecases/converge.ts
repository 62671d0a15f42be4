// Makes IoT Core what the registry says it should be. The only place that changes the status of a certificate.

import type { IotStatus } from '#domain/certificate.ts';
import { isKnownActive, wantedStatus } from '#domain/certificate-state.ts';
import type { Device } from '#domain/device.ts';
import { deviceKeyOfAccepted } from '#domain/device-key.ts';
import type { CertificateRegistry, Recheck } from '#ports/certificate-registry.ts';
import type { Clock } from '#ports/clock.ts';
import type { DeviceRegistry } from '#ports/device-registry.ts';
import type { CertificateGateway, SessionGateway, ThingGateway } from '#ports/iot-gateways.ts';
import { claimDevice, isKeptToUser } from './keep-to-user.ts';
import type { WhileLeased } from './lease.ts';
import { causesBy, hasLostClientId, recheck, rivalOf, sameCauses } from './recheck-certificate.ts';
import { type AcceptedRecord, type DecidedRecord, isAccepted } from './transition.ts';

export type ConvergePorts = {
  readonly devices: Pick<DeviceRegistry, 'claim' | 'endFormer' | 'keepFormer'>;
  readonly clock: Clock;
  readonly certificates: Pick<CertificateRegistry, 'recheck'>;
  readonly iot: CertificateGateway;
  readonly things: ThingGateway;
  readonly sessions: SessionGateway;
  readonly whileLeased: WhileLeased;
  /** for how long the former certificate of a renewed device may be used beside the new one */
  readonly renewalGraceMs: number;
};

export type Converged =
  /** IoT Core is as the record wants it; the thing is in no permission set but these */
  | { readonly kind: 'applied'; readonly status: IotStatus; readonly memberships: readonly string[] }
  /** a fact changed meanwhile; `status` is what IoT Core was left at */
  | { readonly kind: 'changed'; readonly status: string }
  | { readonly kind: 'thing-taken'; readonly status: string };

/** What IoT Core says of a certificate. `cn` is the subject's common name, an attribute of the thing. */
export type Standing = { readonly cn: string; readonly status: string };

export type Looks = {
  /** asks IoT Core, unless what was recorded says enough */
  readonly look: () => Promise<Standing>;
  /** the status as far as it is known: null where it may have become ACTIVE since it was read */
  readonly statusNow: () => Promise<string | null>;
};

/** Waits for every call, also when one fails: none is left running when the lease is given back. */
const together = async (...calls: readonly Promise<void>[]): Promise<void> => {
  const failed = (await Promise.allSettled(calls)).find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
};

/** Whether what stands in the registry now is what was decided on: else it is to be decided again. */
const isAsDecided = ({ clock }: ConvergePorts, record: AcceptedRecord, now: Recheck): boolean => {
  const { id, verdict, causes, version } = record;
  return (
    now.record.version === version &&
    sameCauses(causesBy(record, now, clock()), causes) &&
    isKeptToUser(id, verdict, causes, now) &&
    !hasLostClientId(record, now, clock()) &&
    rivalOf(now, record) === null
  );
};

/** Leaves every permission set but the wanted one, which it is in by now: it is never without one. */
const leaveOthers = (
  { things, whileLeased }: ConvergePorts,
  { memberships, verdict: { clientId, permissionSet } }: AcceptedRecord,
): Promise<void> =>
  together(
    ...memberships
      .filter((set) => set !== permissionSet)
      .map((set) => whileLeased(() => things.leavePermissionSet(clientId, set))),
  );

/** From now on two certificates may be used, and the former's time is counted; where it was before, it goes on. */
const beginGrace = async (
  { devices, clock, renewalGraceMs }: ConvergePorts,
  { id, verdict }: AcceptedRecord,
  { device }: Recheck,
): Promise<void> => {
  if (device?.certificateId === id && device.former !== null)
    await devices.endFormer(deviceKeyOfAccepted(verdict), device.former.certificateId, clock() + renewalGraceMs);
};

/** One that is barred takes nobody's place: the former is used on, until this one is let in again. */
const endGrace = async (
  { devices }: ConvergePorts,
  { id, verdict }: AcceptedRecord,
  { device }: Recheck,
): Promise<void> => {
  if (device?.certificateId !== id || device.former === null || device.former.until === null) return;
  const former = { ...device.former, until: device.former.until };
  await devices.keepFormer(deviceKeyOfAccepted(verdict), { certificateId: id, former });
};

/** Another certificate has come to this one's permission set by now: it is the thing's, whoever stays. */
const isAnothers = (device: Device | null, { id, verdict }: AcceptedRecord): boolean =>
  device !== null && device.certificateId !== id && device.permissionSet === verdict.permissionSet;

const letIn = async (ports: ConvergePorts, record: AcceptedRecord, { cn, status }: Standing): Promise<Converged> => {
  const { certificates, iot, things, whileLeased } = ports;
  const { clientId, permissionSet } = record.verdict;
  const reread = async (): Promise<{ readonly now: Recheck; readonly good: boolean }> => {
    const now = await recheck(certificates, record);
    // its thing is this thing, and gets what the certificate's own profile gives from nobody but this certificate
    const rival = rivalOf(now, record);
    if (rival && ![now.device, rival].some((device) => isAnothers(device, record)))
      await whileLeased(() => things.leavePermissionSet(clientId, permissionSet));
    return { now, good: isAsDecided(ports, record, now) };
  };

  const thing = await whileLeased(() => things.create({ name: clientId, tenant: record.tenant, cn }));
  if (thing === 'taken') return { kind: 'thing-taken', status };
  await together(
    whileLeased(() => things.attachCertificate(clientId, record.id)),
    whileLeased(() => things.joinPermissionSet(clientId, permissionSet)),
  );
  await leaveOthers(ports, record);

  // V-05: the anchor may have been revoked since it was read, or the grant removed
  if (!(await reread()).good) return { kind: 'changed', status };
  await whileLeased(() => iot.setStatus(record.id, 'ACTIVE'));
  // UpdateCertificate takes no precondition, so what changed between the read and the call is found only now
  const after = await reread();
  if (!after.good) return { kind: 'changed', status: 'ACTIVE' };
  await beginGrace(ports, record, after.now);
  return { kind: 'applied', status: 'ACTIVE', memberships: [permissionSet] };
};

/** Brings a thing whose certificate is ACTIVE to the permission set that is wanted by now. */
const move = async (ports: ConvergePorts, record: AcceptedRecord): Promise<Converged> => {
  const { certificates, things, whileLeased } = ports;
  const { verdict, memberships } = record;
  const { clientId, permissionSet } = verdict;
  // it was let in with one set: as long as no other was wanted since, it is in that one
  if (memberships.some((set) => set !== permissionSet))
    await whileLeased(() => things.joinPermissionSet(clientId, permissionSet));
  // without a user it never moves; an attempt that is late must not take the user from the device
  if (verdict.user !== null) await claimDevice(ports, verdict, record);
  await leaveOthers(ports, record);
  const now = await recheck(certificates, record);
  if (!isAsDecided(ports, record, now)) return { kind: 'changed', status: 'ACTIVE' };
  // it was taken away where a bar was seen that was lifted before it had kept this one out
  await beginGrace(ports, record, now);
  return { kind: 'applied', status: 'ACTIVE', memberships: [permissionSet] };
};

/**
 * Ends the session that the certificate may have, only once it is not ACTIVE any more: who is cut off while ACTIVE
 * connects again. Presence may be a little old, so that it is no reason to leave a session alone but where it is another
 * certificate's: one that connects after it was barred is cut when that is heard.
 */
const cut = async (
  { sessions, whileLeased }: ConvergePorts,
  { id, verdict: { clientId } }: DecidedRecord,
  device: Device | null,
): Promise<void> => {
  const presence = device?.presence ?? null;
  const isAnothers = presence?.connected === true && presence.certificateId !== null && presence.certificateId !== id;
  if (clientId !== null && !isAnothers) await whileLeased(() => sessions.disconnect(clientId));
};

/**
 * What bars an accepted certificate is read again: who lifted it before this decision may have found nothing barred yet,
 * and told nobody.
 */
const keepOut = async (
  ports: ConvergePorts,
  record: DecidedRecord,
  status: string | null,
  kept: Exclude<IotStatus, 'ACTIVE'>,
): Promise<Converged> => {
  const { certificates, iot, whileLeased } = ports;
  const { id, history, memberships } = record;
  if (kept !== 'PENDING_ACTIVATION' && kept !== status) await whileLeased(() => iot.setStatus(id, kept));
  let device: Device | null = null;
  if (isAccepted(record)) {
    const now = await recheck(certificates, record);
    if (!isAsDecided(ports, record, now)) return { kind: 'changed', status: kept };
    await endGrace(ports, record, now);
    device = now.device;
  }
  // who never was let in has no session
  const mayHaveSession =
    kept !== 'PENDING_ACTIVATION' && (status === 'ACTIVE' || history.some(({ state }) => state === 'ACTIVE'));
  if (mayHaveSession) await cut(ports, record, device);
  return { kind: 'applied', status: kept, memberships };
};

/**
 * @param left the status that this attempt left in IoT Core before, null for none: what a faster attempt recorded may
 * have been true until then
 */
export const converge = async (
  ports: ConvergePorts,
  record: DecidedRecord,
  { look, statusNow }: Looks,
  left: string | null,
): Promise<Converged> => {
  const wanted = wantedStatus(record);
  if (wanted === 'ACTIVE' && isAccepted(record)) {
    const isActive = isKnownActive(record) && (left === null || left === 'ACTIVE');
    return isActive ? move(ports, record) : letIn(ports, record, await look());
  }
  const status = await statusNow();
  if (wanted === 'REVOKED') return keepOut(ports, record, status, wanted);
  // No call sets PENDING_ACTIVATION (AWS IoT API reference, UpdateCertificate): what left it is kept out as INACTIVE.
  const isPending = wanted === 'PENDING_ACTIVATION' && status === wanted;
  return keepOut(ports, record, status, isPending ? wanted : 'INACTIVE');
};
