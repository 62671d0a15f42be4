// Claims the client id that the rules gave a certificate: first come stays, until a newer certificate of the same tenant
// renews the device (J-11).

import { mayUse } from '#domain/bars.ts';
import type { CertificateRecord, Verdict } from '#domain/certificate.ts';
import { stateOf } from '#domain/certificate-state.ts';
import { certificatesOf, type Device } from '#domain/device.ts';
import { deviceKeyOfAccepted, otherKeyOfAccepted } from '#domain/device-key.ts';
import { TransientError } from '#domain/errors.ts';
import { evaluate, type OnboardingInput } from '#domain/onboarding.ts';
import type { Tenant } from '#domain/tenant.ts';
import type { CertificateRegistry } from '#ports/certificate-registry.ts';
import type { Clock } from '#ports/clock.ts';
import type { DeviceClaims } from '#ports/device-registry.ts';
import { type Accepted, deviceOf } from './keep-to-user.ts';
import { isRetried } from './transition.ts';

export type ClientIdPorts = {
  readonly certificates: CertificateRegistry;
  readonly devices: DeviceClaims;
  readonly clock: Clock;
  /** retires the certificate that the device's newest has replaced, now */
  readonly retireFormer: (deviceKey: string, device: Device) => Promise<void>;
};

export type ClientIdInput = OnboardingInput & { readonly tenant: Tenant };

export type Judged = {
  readonly verdict: Verdict;
  /** permission sets that others which may use the device have had it join */
  readonly joined: readonly string[];
};

/** A certificate that passed the rules, and what they were asked with. */
type Newcomer = {
  readonly accepted: Accepted;
  readonly input: ClientIdInput;
  readonly record: CertificateRecord;
};

/** Others may claim at the same moment; more often than this in a row nobody does. */
const ATTEMPTS = 5;

/** Nothing uses a client id whose holder was turned away and never was active, or has come to bear another one. */
const isUnused = (holder: CertificateRecord, { clientId }: Device): boolean =>
  holder.settled && ((stateOf(holder) === 'REJECTED' && !holder.wasActive) || holder.verdict?.clientId !== clientId);

const isOver = (holder: CertificateRecord): boolean => ['RETIRED', 'EXPIRED', 'REVOKED'].includes(stateOf(holder));

/** One order for any two certificates: each would else take the device from the other for ever. */
const cameBefore = (one: CertificateRecord, other: CertificateRecord): boolean =>
  one.firstSeenAt === other.firstSeenAt ? one.id < other.id : one.firstSeenAt < other.firstSeenAt;

const isSameKey = ({ input: { certificate } }: Newcomer, holder: CertificateRecord): boolean =>
  'publicKeyId' in certificate && certificate.publicKeyId === holder.publicKeyId;

/** How the newcomer gets the device of a certificate that uses it, or the verdict when it does not. */
const renewalOf = (newcomer: Newcomer, holder: CertificateRecord): 'replace' | 'coexist' | Verdict => {
  const { accepted, input, record } = newcomer;
  const { clientId } = accepted;
  const { renewal } = input.tenant;
  const conflict: Verdict = { kind: 'reject', clientId, reason: 'CLIENT_ID_CONFLICT', seen: holder.id };
  const isSure = isSameKey(newcomer, holder) || (isOver(holder) && renewal !== 'approve');
  const policy = isSure ? 'replace' : renewal;
  const isApproved = record.operatorWord?.verdict === 'approve';
  if (policy === 'refuse') return conflict;
  if (policy === 'approve' && !isApproved)
    return { kind: 'hold', clientId, reason: 'RENEWAL_APPROVAL', seen: holder.id };
  if (policy === 'coexist') return policy;
  // An event may come late: of two that are in use the older one is on its way out, unless an operator says otherwise.
  const isLate = cameBefore(record, holder) && !isOver(holder) && !isApproved && !isRetried(record);
  return isLate ? conflict : 'replace';
};

/**
 * Whose the device was stays beside it until the newcomer has come. Where that one never came in or is barred, the one
 * before it is in use and stays instead; else that one's time is over.
 */
const formerOf = async (
  { retireFormer, clock }: ClientIdPorts,
  deviceKey: string,
  device: Device,
  newest: CertificateRecord,
): Promise<Device['former']> => {
  const { former, tenant } = device;
  if (former !== null) {
    const isIn = newest.wasActive && stateOf(newest) === 'ACTIVE' && !isUnused(newest, device);
    if (!isIn && mayUse({ id: former.certificateId, tenant }, device, clock())) return { ...former, until: null };
    await retireFormer(deviceKey, device);
  }
  return isUnused(newest, device) ? null : { certificateId: newest.id, until: null };
};

/** Whoever uses the device goes on, as one of the others. */
const besideAll = (device: Device, newest: CertificateRecord): Pick<Device, 'former' | 'others'> =>
  isUnused(newest, device)
    ? { former: null, others: certificatesOf(device).filter((id) => id !== newest.id) }
    : { former: device.former, others: [...device.others, newest.id] };

/** Who uses the device: where its newest does not, one that was left beside it. Null when there is no record of any. */
const holderOf = async (
  { certificates }: ClientIdPorts,
  device: Device,
  newest: CertificateRecord,
): Promise<CertificateRecord | null> => {
  if (!isUnused(newest, device)) return newest;
  const beside = await certificates.findAll(certificatesOf(device).filter((id) => id !== newest.id));
  return beside.find((record) => !isOver(record)) ?? beside[0] ?? null;
};

/** Takes the place of another certificate as the rules have it. Null when the device changed meanwhile: look again. */
const takePlace = async (
  ports: ClientIdPorts,
  deviceKey: string,
  known: Device,
  newcomer: Newcomer,
  mayRenew: boolean,
): Promise<Verdict | null> => {
  const { certificates, devices, clock } = ports;
  const { accepted, input, record } = newcomer;
  const tenant = input.tenant.name;
  const isOwn = known.tenant === tenant;
  if (isOwn && known.causes.length > 0) return evaluate({ ...input, deviceCauses: known.causes }).verdict;
  const device = deviceOf(accepted, { id: record.id, tenant }, clock());
  const newest = await certificates.find(known.certificateId);
  const isAlone = known.former === null && known.others.length === 0;
  if (newest && isAlone && isUnused(newest, known))
    return (await devices.takeOver(deviceKey, device, known)) ? accepted : null;
  const holder = isOwn && mayRenew && newest ? await holderOf(ports, known, newest) : null;
  // one that differs in case is another client id, and another thing (N-12)
  if (!newest || !holder || known.clientId !== accepted.clientId) {
    // a fingerprint of another tenant's device is none of this tenant's business
    const seen = isOwn ? known.certificateId : 'a device of another tenant';
    return { kind: 'reject', clientId: accepted.clientId, reason: 'CLIENT_ID_CONFLICT', seen };
  }
  const renewal = renewalOf(newcomer, holder);
  if (typeof renewal === 'object') return renewal;
  const beside =
    renewal === 'coexist'
      ? besideAll(known, newest)
      : { former: await formerOf(ports, deviceKey, known, newest), others: known.others };
  return (await devices.renew(deviceKey, device, beside, known)) ? accepted : null;
};

/** The thing is to be in one set: what the others had it join is left once the newest is in its own. */
const joinedBeside = async (
  { certificates }: ClientIdPorts,
  devices: readonly (Device | null)[],
  { id }: CertificateRecord,
): Promise<readonly string[]> => {
  const ids = new Set(devices.flatMap((device) => (device === null ? [] : certificatesOf(device))));
  ids.delete(id);
  if (ids.size === 0) return [];
  return (await certificates.findAll([...ids])).flatMap(({ memberships }) => memberships);
};

/**
 * First come stays, unless the one that came first does not use it, or the newcomer renews it. Whoever decides on that one
 * again claims again: then the take-over fails, or finds it under way because it is read after the claim that it would
 * replace.
 * @param rival the device that stands under the client id's other key
 * @throws TransientError when others claimed each time
 */
export const claimClientId = async (
  ports: ClientIdPorts,
  newcomer: Newcomer,
  rival: Device | null,
): Promise<Judged> => {
  const { devices, clock } = ports;
  const { accepted, input, record } = newcomer;
  const own = { id: record.id, tenant: input.tenant.name };
  const [ownKey, otherKey] = [deviceKeyOfAccepted(accepted), otherKeyOfAccepted(accepted)];
  const device = deviceOf(accepted, own, clock());
  const hasPlace = (known: Device): boolean => mayUse(own, known, clock());
  // one that was accepted and has lost the device since does not come back by itself
  const mayRenew = rival !== null || record.verdict?.kind !== 'accept';
  let other = rival;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const claimed = await devices.claim(ownKey, device);
    const [key, known] = hasPlace(claimed) ? [otherKey, other] : [ownKey, claimed];
    const verdict =
      key === null || known === null || hasPlace(known)
        ? accepted
        : await takePlace(ports, key, known, newcomer, mayRenew);
    if (verdict !== null)
      return { verdict, joined: verdict.kind === 'accept' ? await joinedBeside(ports, [claimed, known], record) : [] };
    other = other && otherKey !== null ? await devices.findByKey(otherKey) : null;
  }
  throw new TransientError(`the device of ${accepted.clientId} changed hands each time that it was claimed`);
};
