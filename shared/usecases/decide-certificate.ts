// Decides on a certificate and records it, before anything in IoT Core changes.

import type {
  Cause,
  CertificateFacts,
  CertificateRecord,
  UnreadableCertificate,
  Verdict,
} from '#domain/certificate.ts';
import type { Device } from '#domain/device.ts';
import { shown } from '#domain/shown.ts';
import type { DecidedFacts } from '#ports/certificate-registry.ts';
import { type JudgePorts, judge, type Subject } from './judge-certificate.ts';
import { type Accepted, keepToUser, withoutGrantRemoved } from './keep-to-user.ts';
import type { Look } from './look-at-certificate.ts';
import { type DecidedRecord, historyEntry, isRetried, ONBOARDING } from './transition.ts';

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

type AcceptedRecord = DecidedRecord & { readonly verdict: Accepted };
type Looked = Pick<Look, 'subject' | 'cn'>;
type Answer = Omit<DecidedFacts, 'memberships' | 'entry'>;

const isDecided = (record: CertificateRecord): record is DecidedRecord =>
  record.verdict !== null && record.anchorId !== null && record.tenant !== null && record.decidedAt !== null;

const staysAccepted = (
  record: CertificateRecord,
  { thingTaken, clientIdLost, rival }: Findings,
): record is AcceptedRecord =>
  isDecided(record) && record.verdict.kind === 'accept' && !thingTaken && !clientIdLost && rival === null;

const sameVerdict = (one: Verdict | null, other: Verdict): boolean =>
  one?.kind === other.kind &&
  one.clientId === other.clientId &&
  ('reason' in one && 'reason' in other
    ? one.reason === other.reason && one.seen === other.seen
    : 'permissionSet' in one &&
      'permissionSet' in other &&
      one.permissionSet === other.permissionSet &&
      one.user === other.user);

const sameCauses = (some: readonly Cause[], others: readonly Cause[]): boolean =>
  some.length === others.length && some.every((cause) => others.includes(cause));

const subjectText = (certificate: CertificateFacts | UnreadableCertificate): string => {
  if ('unreadable' in certificate) return '';
  const { cn, serialNumber, ou, o } = certificate.subject;
  const parts = Object.entries({ CN: cn, serialNumber, OU: ou, O: o });
  return parts.flatMap(([name, values]) => values.map((value) => `${name}=${shown(value)}`)).join(', ');
};

/** Who was accepted without a user gets one only when an operator asks for it: nobody loses rights unasked. */
const usernameFor = async (look: () => Promise<Looked>, record: AcceptedRecord): Promise<string | null> =>
  record.verdict.user ?? (isRetried(record) ? (await look()).cn : null);

const follow = async (
  ports: JudgePorts,
  look: () => Promise<Looked>,
  record: AcceptedRecord,
  found: readonly Cause[],
): Promise<Answer> => {
  const { verdict, anchorId, tenant, subject, validTo } = record;
  const causes = [...new Set([...record.causes, ...found])];
  const followed = await keepToUser(ports, verdict, await usernameFor(look, record), record, causes);
  return { ...followed, anchorId, tenant, subject: subject ?? '', validTo };
};

const judgeAnew = async (
  ports: JudgePorts,
  subject: Subject,
  record: CertificateRecord,
  findings: Findings,
): Promise<Answer> => {
  const { anchor, certificate } = subject;
  return {
    verdict: await judge(ports, subject, record, findings),
    // the rules ask for the user themselves
    causes: withoutGrantRemoved(record.causes),
    anchorId: anchor.id,
    tenant: anchor.tenant,
    subject: subjectText(certificate),
    validTo: 'unreadable' in certificate ? null : certificate.validTo,
  };
};

const stands = (record: CertificateRecord, { verdict, causes }: Answer): boolean =>
  sameVerdict(record.verdict, verdict) &&
  sameCauses(record.causes, causes) &&
  // what was accepted stays so; operators ask about the rest, and what they said last is still to be answered
  (verdict.kind === 'accept' || record.history.at(-1)?.actor === ONBOARDING);

/** Every set that the thing may be in afterwards, whatever becomes of the attempt. */
const membershipsWith = (record: CertificateRecord, verdict: Verdict): readonly string[] =>
  verdict.kind === 'accept' ? [...new Set([...record.memberships, verdict.permissionSet])] : record.memberships;

/**
 * Records what should be. A certificate that was accepted stays accepted, whatever the rules say by now: what happens to
 * it later are causes that bar it, and what its user may do. A decision that stands already is not written again.
 * @param look reads the certificate, for who is not accepted, and for who is to get a user
 * @returns null when the record has moved on: read it and decide again
 */
export const decideCertificate = async (
  ports: JudgePorts,
  look: () => Promise<Looked>,
  record: CertificateRecord,
  findings: Findings,
): Promise<DecidedRecord | null> => {
  const answer = staysAccepted(record, findings)
    ? await follow(ports, look, record, findings.causes)
    : await judgeAnew(ports, (await look()).subject, record, findings);
  if (isDecided(record) && stands(record, answer)) return record;

  const { verdict, causes } = answer;
  const decided = await ports.certificates.decide(record.id, record.version, {
    ...answer,
    memberships: membershipsWith(record, verdict),
    entry: historyEntry(verdict, causes, ports.clock(), record.verdict),
  });
  if (decided === null) return null;
  if (!isDecided(decided)) throw new Error(`expected the decision in the record of certificate ${record.id}`);
  return decided;
};
