// Decides on a certificate and records it, before anything in IoT Core changes.

import { finalOf } from '#domain/bars.ts';
import type {
  Cause,
  CertificateFacts,
  CertificateRecord,
  UnreadableCertificate,
  Verdict,
} from '#domain/certificate.ts';
import { stateOf } from '#domain/certificate-state.ts';
import type { Device } from '#domain/device.ts';
import { TransientError } from '#domain/errors.ts';
import { shown } from '#domain/shown.ts';
import type { DecidedFacts, Recheck } from '#ports/certificate-registry.ts';
import { type Findings, type JudgePorts, judge, type Subject } from './judge-certificate.ts';
import { type Accepted, claimDevice, keepToUser } from './keep-to-user.ts';
import type { Look } from './look-at-certificate.ts';
import { causesBy, hasLostClientId, isBeside, recheck, rivalOf, sameCauses } from './recheck-certificate.ts';
import {
  type AcceptedRecord,
  type DecidedRecord,
  historyEntry,
  isAccepted,
  isDecided,
  isRetried,
  ONBOARDING,
} from './transition.ts';

type Looked = Pick<Look, 'subject' | 'cn'>;
type Answer = Omit<DecidedFacts, 'memberships' | 'entry'> & {
  /** permission sets that others which may use the device have had it join */
  readonly joined: readonly string[];
};

const sameVerdict = (one: Verdict | null, other: Verdict): boolean =>
  one?.kind === other.kind &&
  one.clientId === other.clientId &&
  ('reason' in one && 'reason' in other
    ? one.reason === other.reason && one.seen === other.seen
    : 'permissionSet' in one &&
      'permissionSet' in other &&
      one.permissionSet === other.permissionSet &&
      one.user === other.user);

const subjectText = (certificate: CertificateFacts | UnreadableCertificate): string => {
  if ('unreadable' in certificate) return '';
  const { cn, serialNumber, ou, o } = certificate.subject;
  const parts = Object.entries({ CN: cn, serialNumber, OU: ou, O: o });
  return parts.flatMap(([name, values]) => values.map((value) => `${name}=${shown(value)}`)).join(', ');
};

const factsOf = (
  certificate: CertificateFacts | UnreadableCertificate,
): Pick<CertificateRecord, 'serialNumber' | 'publicKeyId' | 'validTo'> =>
  'unreadable' in certificate ? { serialNumber: null, publicKeyId: null, validTo: null } : certificate;

/** Revocation lists name serial numbers, which were not kept at first: what was accepted then is read once more. */
const withSerial = async (look: () => Promise<Looked>, record: AcceptedRecord): Promise<AcceptedRecord> => {
  if (record.serialNumber !== null) return record;
  const { serialNumber, publicKeyId } = factsOf((await look()).subject.certificate);
  return { ...record, serialNumber, publicKeyId };
};

/** Who was accepted without a user gets one only when an operator asks for it: nobody loses rights unasked. */
const underUser = async (
  ports: JudgePorts,
  look: () => Promise<Looked>,
  record: AcceptedRecord,
  accepted: Accepted,
  causes: readonly Cause[],
): Promise<Pick<Answer, 'verdict' | 'causes'>> => {
  if (!isRetried(record)) return { verdict: accepted, causes };
  const { id, tenant, anchorId: anchor, serialNumber } = record;
  const { cn } = await look();
  const found = await ports.trust.around(tenant, { username: cn, certificate: id, anchor, serialNumber });
  if (!found) throw new TransientError(`expected tenant ${tenant} of certificate ${id} in the registry`);
  if (found.tenant.userMatch === 'off') return { verdict: accepted, causes };
  const named = { ...accepted, user: cn };
  // First of all, and with the set that it is in: whoever changes the user finds the certificate by its device, also
  // when this attempt dies.
  await claimDevice(ports, named, record);
  return keepToUser(ports, named, found.user, record, causes);
};

/** What was accepted stays so: what happens to it later are causes that bar it, and what its user may do. */
const follow = async (
  ports: JudgePorts,
  look: () => Promise<Looked>,
  record: AcceptedRecord,
  now: Recheck,
): Promise<Answer> => {
  const at = ports.clock();
  const { device, user } = now;
  const accepted =
    device !== null && isBeside(record, now, at)
      ? { ...record.verdict, permissionSet: device.permissionSet, user: device.user }
      : record.verdict;
  const causes = causesBy(record, now, at);
  const followed =
    accepted.user === null
      ? await underUser(ports, look, record, accepted, causes)
      : await keepToUser(ports, accepted, user, record, causes);
  const { anchorId, tenant, subject, serialNumber, publicKeyId, validTo } = record;
  return { ...followed, anchorId, tenant, subject: subject ?? '', serialNumber, publicKeyId, validTo, joined: [] };
};

const judgeAnew = async (
  ports: JudgePorts,
  { anchor, certificate }: Subject,
  record: CertificateRecord,
  findings: Findings,
): Promise<Answer> => {
  const { serialNumber, publicKeyId, validTo } = factsOf(certificate);
  return {
    ...(await judge(ports, { anchor, certificate }, record, findings)),
    // what else barred it is asked again before it comes in
    causes: finalOf(record.causes),
    anchorId: anchor.id,
    tenant: anchor.tenant,
    subject: subjectText(certificate),
    serialNumber,
    publicKeyId,
    validTo,
  };
};

/** As it was decided last: what others recorded since may have changed it as well. */
const isAsDecided = ({ history }: CertificateRecord, { verdict, causes }: Answer): boolean =>
  history.findLast(({ actor }) => actor === ONBOARDING)?.state === stateOf({ verdict, causes });

const stands = (record: CertificateRecord, answer: Answer): boolean =>
  sameVerdict(record.verdict, answer.verdict) &&
  sameCauses(record.causes, answer.causes) &&
  record.serialNumber === answer.serialNumber &&
  // operators ask about what was not accepted, and what they said last is still to be answered
  (answer.verdict.kind === 'accept' ? isAsDecided(record, answer) : record.history.at(-1)?.actor === ONBOARDING);

/** Every set that the thing may be in afterwards, whatever becomes of the attempt. */
const membershipsWith = (record: CertificateRecord, { verdict, joined }: Answer): readonly string[] =>
  verdict.kind === 'accept'
    ? [...new Set([...record.memberships, ...joined, verdict.permissionSet])]
    : record.memberships;

const answerFor = async (
  ports: JudgePorts,
  look: () => Promise<Looked>,
  record: CertificateRecord,
  thingTaken: boolean,
): Promise<Answer> => {
  let rival: Device | null = null;
  if (isAccepted(record)) {
    const accepted = await withSerial(look, record);
    const now = await recheck(ports.certificates, accepted);
    rival = rivalOf(now, accepted);
    const stays = !thingTaken && rival === null && !hasLostClientId(accepted, now, ports.clock());
    if (stays) return follow(ports, look, accepted, now);
  }
  return judgeAnew(ports, (await look()).subject, record, { thingTaken, rival });
};

/**
 * Records what should be. A certificate that was accepted stays accepted, whatever the rules say by now. A decision that
 * stands already is not written again.
 * @param look reads the certificate, for who is not accepted, and for who is to get a user
 * @param thingTaken converging found a thing of the device's name that is not ours
 * @returns null when the record has moved on: read it and decide again
 */
export const decideCertificate = async (
  ports: JudgePorts,
  look: () => Promise<Looked>,
  record: CertificateRecord,
  thingTaken: boolean,
): Promise<DecidedRecord | null> => {
  const answer = await answerFor(ports, look, record, thingTaken);
  if (isDecided(record) && stands(record, answer)) return record;

  const { joined: _, ...decision } = answer;
  const { verdict, causes } = answer;
  const decided = await ports.certificates.decide(record.id, record.version, {
    ...decision,
    memberships: membershipsWith(record, answer),
    entry: historyEntry(verdict, causes, ports.clock(), record.verdict),
  });
  if (decided === null) return null;
  if (!isDecided(decided)) throw new Error(`expected the decision in the record of certificate ${record.id}`);
  return decided;
};
