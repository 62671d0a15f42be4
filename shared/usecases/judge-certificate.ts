// Judges a certificate that is not accepted yet: asks for what the rules need, and claims the client id that they give.

import type { CertificateFacts, CertificateRecord, UnreadableCertificate, Verdict } from '#domain/certificate.ts';
import { stateOf } from '#domain/certificate-state.ts';
import type { Device } from '#domain/device.ts';
import { deviceKeyOfAccepted, otherKeyOfAccepted } from '#domain/device-key.ts';
import { TransientError } from '#domain/errors.ts';
import type { AnchorId } from '#domain/ids.ts';
import { clientIdFor, commonNameOf, foreignPrefix, namingOf } from '#domain/naming.ts';
import { evaluate, type OnboardingInput } from '#domain/onboarding.ts';
import type { TrustAnchor } from '#domain/trust-anchor.ts';
import type { CertificateReader } from '#ports/certificate-reader.ts';
import type { CertificateRegistry } from '#ports/certificate-registry.ts';
import type { Clock } from '#ports/clock.ts';
import type { DeviceRegistry } from '#ports/device-registry.ts';
import type { Trust } from '#ports/trust.ts';
import { type Accepted, deviceOf } from './keep-to-user.ts';

export type JudgePorts = {
  readonly certificates: CertificateRegistry;
  readonly devices: DeviceRegistry;
  readonly trust: Trust;
  readonly reader: CertificateReader;
  readonly clock: Clock;
};

export type Subject = {
  readonly anchor: TrustAnchor;
  readonly certificate: CertificateFacts | UnreadableCertificate;
};

const unknownAnchor = (id: AnchorId | null): TransientError =>
  new TransientError(
    `expected a registered trust anchor, got ${id ?? 'a certificate that no CA signed'}: register it`,
    {
      code: 'ANCHOR_NOT_REGISTERED',
    },
  );

/** @throws TransientError when the anchor is not in the registry: that decides nothing about the device */
export const readSubject = async (
  { trust, reader }: Pick<JudgePorts, 'trust' | 'reader'>,
  described: { readonly pem: string; readonly anchorId: AnchorId | null },
): Promise<Subject> => {
  const anchor = described.anchorId && (await trust.anchor(described.anchorId, 'cached'));
  if (!anchor) throw unknownAnchor(described.anchorId);
  return { anchor, certificate: reader.readLeaf(described.pem, anchor.pem) };
};

/** Everything that the rules ask for; nothing here but the anchor may be a few seconds old. */
const gather = async (ports: JudgePorts, subject: Subject, record: CertificateRecord): Promise<OnboardingInput> => {
  const { trust, clock } = ports;
  const { anchor, certificate } = subject;
  const cn = 'unreadable' in certificate ? null : commonNameOf(certificate.subject);
  const found = cn?.ok
    ? await trust.tenantWithUser(anchor.tenant, cn.value)
    : { tenant: await trust.tenant(anchor.tenant), user: null };
  if (!found?.tenant)
    throw new TransientError(`expected tenant ${anchor.tenant} of trust anchor ${anchor.id} in the registry`);
  const { tenant, user } = found;
  const { operatorWord } = record;
  const input = { certificate, anchor, tenant, user, operatorWord, deviceCauses: [], now: clock() };
  if ('unreadable' in certificate || !cn?.ok) return { ...input, listed: null, foreignTenant: null };

  const naming = namingOf(tenant.naming);
  const clientId = clientIdFor(naming, tenant.name, certificate.subject);
  const prefix = clientId.ok ? foreignPrefix(naming, tenant.name, clientId.value) : null;
  const [listed, foreign] = await Promise.all([
    tenant.allowListId !== null ? trust.isAllowed(tenant.name, tenant.allowListId, cn.value) : null,
    prefix && trust.tenant(prefix),
  ]);
  // a list is deleted once another is in force: who is missing from it may be on the other
  if (listed === false && (await trust.tenant(tenant.name))?.allowListId !== tenant.allowListId)
    return gather(ports, subject, record);
  return { ...input, listed, foreignTenant: foreign?.name ?? null };
};

/** Nothing uses a client id whose holder was turned away and never was active, or has come to bear another one. */
const isUnused = (holder: CertificateRecord, { clientId }: Device): boolean =>
  holder.settled && ((stateOf(holder) === 'REJECTED' && !holder.wasActive) || holder.verdict?.clientId !== clientId);

/**
 * First come stays, unless the one that came first does not use it. Whoever decides on that one again claims again: then
 * the take-over fails, or finds it under way because it is read after the claim that it would replace.
 */
const claimClientId = async (
  { certificates, devices, clock }: JudgePorts,
  accepted: Accepted,
  input: OnboardingInput,
  record: CertificateRecord,
  rival: Device | null,
): Promise<Verdict> => {
  const { clientId } = accepted;
  const ownKey = deviceKeyOfAccepted(accepted);
  const tenant = input.tenant.name;
  const device = deviceOf(accepted, { id: record.id, tenant }, clock());
  const claimed = await devices.claim(ownKey, device);
  const isClaimed = claimed.certificateId === record.id;
  const [key, known] = isClaimed ? [otherKeyOfAccepted(accepted), rival] : [ownKey, claimed];
  if (key === null || known === null) return accepted;

  const isOwn = known.tenant === tenant;
  if (isOwn && known.causes.length > 0) return evaluate({ ...input, deviceCauses: known.causes }).verdict;
  const holder = await certificates.find(known.certificateId);
  if (holder && isUnused(holder, known) && (await devices.takeOver(key, device, known))) return accepted;
  // a fingerprint of another tenant's device is none of this tenant's business
  const seen = isOwn ? known.certificateId : 'a device of another tenant';
  return { kind: 'reject', clientId, reason: 'CLIENT_ID_CONFLICT', seen };
};

/** @param found what converging found out about the client id that an earlier verdict gave */
export const judge = async (
  ports: JudgePorts,
  subject: Subject,
  record: CertificateRecord,
  { thingTaken, rival }: { readonly thingTaken: boolean; readonly rival: Device | null },
): Promise<Verdict> => {
  const input = await gather(ports, subject, record);
  let { verdict } = evaluate(input);
  if (verdict.kind !== 'accept') {
    // a reject silences the device for good, so it never rests on an anchor as it was some seconds ago
    const anchor = await ports.trust.anchor(subject.anchor.id, 'fresh');
    if (!anchor) throw unknownAnchor(subject.anchor.id);
    verdict = evaluate({ ...input, anchor }).verdict;
  }
  if (verdict.kind !== 'accept') return verdict;
  const { clientId } = verdict;
  if (thingTaken) return { kind: 'hold', clientId, reason: 'THING_EXISTS', seen: clientId };
  return claimClientId(ports, verdict, input, record, rival);
};
