// Decides on a certificate and records it, before anything in IoT Core changes.

import type {
  Cause,
  CertificateFacts,
  CertificateRecord,
  UnreadableCertificate,
  Verdict,
} from '#domain/certificate.ts';
import { stateOf } from '#domain/certificate-state.ts';
import type { Device } from '#domain/device.ts';
import { deviceKeyOfAccepted, otherKeyOfAccepted } from '#domain/device-key.ts';
import { TransientError } from '#domain/errors.ts';
import type { AnchorId } from '#domain/ids.ts';
import { clientIdFor, commonNameOf, foreignPrefix, namingOf } from '#domain/naming.ts';
import { evaluate, type OnboardingInput } from '#domain/onboarding.ts';
import { shown } from '#domain/shown.ts';
import type { TrustAnchor } from '#domain/trust-anchor.ts';
import type { CertificateReader } from '#ports/certificate-reader.ts';
import type { CertificateRegistry } from '#ports/certificate-registry.ts';
import type { Clock } from '#ports/clock.ts';
import type { DeviceRegistry } from '#ports/device-registry.ts';
import type { Trust } from '#ports/trust.ts';
import { type DecidedRecord, historyEntry, ONBOARDING } from './transition.ts';

export type DecisionPorts = {
  readonly certificates: CertificateRegistry;
  readonly devices: DeviceRegistry;
  readonly trust: Trust;
  readonly reader: CertificateReader;
  readonly clock: Clock;
};

/** What converging found out, and a decision must heed. */
export type Findings = {
  /** a thing of the device's name exists and is not ours */
  readonly thingTaken: boolean;
  /** the client id was claimed, and now belongs to another certificate */
  readonly clientIdLost: boolean;
  /** the client id was claimed under its other key as well, for this device */
  readonly rival: Device | null;
  /** what bars the certificate since it was accepted */
  readonly causes: readonly Cause[];
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
  { trust, reader }: Pick<DecisionPorts, 'trust' | 'reader'>,
  described: { readonly pem: string; readonly anchorId: AnchorId | null },
): Promise<Subject> => {
  const anchor = described.anchorId && (await trust.anchor(described.anchorId, 'cached'));
  if (!anchor) throw unknownAnchor(described.anchorId);
  return { anchor, certificate: reader.readLeaf(described.pem, anchor.pem) };
};

/** Everything that the rules ask for; nothing here but the anchor may be a few seconds old. */
const gather = async (ports: DecisionPorts, subject: Subject, record: CertificateRecord): Promise<OnboardingInput> => {
  const { trust, clock } = ports;
  const { anchor, certificate } = subject;
  const tenant = await trust.tenant(anchor.tenant);
  if (!tenant)
    throw new TransientError(`expected tenant ${anchor.tenant} of trust anchor ${anchor.id} in the registry`);
  const input = { certificate, anchor, tenant, operatorWord: record.operatorWord, deviceCauses: [], now: clock() };
  if ('unreadable' in certificate) return { ...input, listed: null, foreignTenant: null };

  const naming = namingOf(tenant.naming);
  const cn = commonNameOf(certificate.subject);
  const clientId = clientIdFor(naming, tenant.name, certificate.subject);
  const prefix = clientId.ok ? foreignPrefix(naming, tenant.name, clientId.value) : null;
  const [listed, foreign] = await Promise.all([
    tenant.allowListId !== null && cn.ok ? trust.isAllowed(tenant.name, tenant.allowListId, cn.value) : null,
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
  { certificates, devices, clock }: DecisionPorts,
  accepted: Extract<Verdict, { kind: 'accept' }>,
  input: OnboardingInput,
  record: CertificateRecord,
  rival: Device | null,
): Promise<Verdict> => {
  const { clientId, permissionSet } = accepted;
  const ownKey = deviceKeyOfAccepted(accepted);
  const tenant = input.tenant.name;
  const device = { clientId, tenant, certificateId: record.id, permissionSet, claimedAt: clock() };
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

const judge = async (
  ports: DecisionPorts,
  subject: Subject,
  record: CertificateRecord,
  { thingTaken, rival }: Findings,
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

const isDecided = (record: CertificateRecord): record is DecidedRecord =>
  record.verdict !== null && record.anchorId !== null && record.tenant !== null && record.decidedAt !== null;

/** Operators change facts too: what they wrote last is still to be answered. */
const isAnswered = (record: CertificateRecord): boolean => record.history.at(-1)?.actor === ONBOARDING;

const sameVerdict = (one: Verdict | null, other: Verdict): boolean =>
  one?.kind === other.kind &&
  one.clientId === other.clientId &&
  ('reason' in one && 'reason' in other
    ? one.reason === other.reason && one.seen === other.seen
    : 'permissionSet' in one && 'permissionSet' in other && one.permissionSet === other.permissionSet);

const subjectText = (certificate: CertificateFacts | UnreadableCertificate): string => {
  if ('unreadable' in certificate) return '';
  const { cn, serialNumber, ou, o } = certificate.subject;
  const parts = Object.entries({ CN: cn, serialNumber, OU: ou, O: o });
  return parts.flatMap(([name, values]) => values.map((value) => `${name}=${shown(value)}`)).join(', ');
};

/**
 * Records what should be. A certificate that was accepted stays accepted, whatever the rules say by now: what happens to
 * it later are causes that bar it. A decision that stands already is not written again.
 * @returns null when the record has moved on: read it and decide again
 */
export const decideCertificate = async (
  ports: DecisionPorts,
  subject: Subject,
  record: CertificateRecord,
  findings: Findings,
): Promise<DecidedRecord | null> => {
  const { thingTaken, clientIdLost, rival } = findings;
  const accepted = record.verdict?.kind === 'accept' && !thingTaken && !clientIdLost && rival === null;
  const verdict = accepted ? record.verdict : await judge(ports, subject, record, findings);
  const causes = accepted ? [...new Set([...record.causes, ...findings.causes])] : record.causes;

  const stands = accepted
    ? causes.length === record.causes.length
    : sameVerdict(record.verdict, verdict) && isAnswered(record);
  if (stands && isDecided(record)) return record;

  const { anchor, certificate } = subject;
  const decided = await ports.certificates.decide(record.id, record.version, {
    verdict,
    causes,
    anchorId: anchor.id,
    tenant: anchor.tenant,
    subject: subjectText(certificate),
    validTo: 'unreadable' in certificate ? null : certificate.validTo,
    entry: historyEntry(verdict, causes, ports.clock()),
  });
  if (decided === null) return null;
  if (!isDecided(decided)) throw new Error(`expected the decision in the record of certificate ${record.id}`);
  return decided;
};
