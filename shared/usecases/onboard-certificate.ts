// Onboards a certificate: claim, load, decide, record, converge, announce, settle. Every step may be repeated; an
// attempt that ends anywhere is finished by the next delivery of its event.

import type { CertificateRecord } from '#domain/certificate.ts';
import { PermanentError, TransientError } from '#domain/errors.ts';
import type { CertificateId } from '#domain/ids.ts';
import { commonNameOf } from '#domain/naming.ts';
import type { Claim } from '#ports/certificate-registry.ts';
import type { CertificateGateway, DescribedCertificate, ThingGateway } from '#ports/iot-gateways.ts';
import type { EventPublisher } from '#ports/messages.ts';
import { barredBy, type Converged, converge, rivalOf } from './converge.ts';
import {
  type DecisionPorts,
  decideCertificate,
  type Findings,
  readSubject,
  type Subject,
} from './decide-certificate.ts';
import { type WhileLeased, whileLeased } from './lease.ts';
import { type DecidedRecord, type Transition, transitionOf } from './transition.ts';

export type OnboardingPorts = DecisionPorts & {
  readonly iot: CertificateGateway;
  readonly things: ThingGateway;
  readonly events: EventPublisher;
  /** how long a claimed certificate belongs to one event */
  readonly leaseMs: number;
};

export type OnboardingRequest = {
  readonly certificateId: CertificateId;
  /** names the event or the command through every delivery: the lease is its own */
  readonly owner: string;
  /** when the device came, epoch milliseconds; null when an operator's command asks */
  readonly cameAt: number | null;
};

export type OnboardingOutcome =
  | {
      readonly kind: 'repeat';
      readonly because: 'settled' | 'leased';
      /** the device came minutes after it was let in or turned away, which silences it: IoT Core is not as it was left */
      readonly drift: boolean;
    }
  | { readonly kind: 'decided'; readonly transition: Transition };

/** IoT Core's own events lag by seconds; minutes are no lag. */
const DRIFT_AFTER_MS = 120_000;
/** A fact changes when a person acts; one that changes this often within a lease is a fault. */
const ROUNDS = 5;

const repeat = (
  { because, record }: Extract<Claim, { claimed: false }>,
  request: OnboardingRequest,
): OnboardingOutcome => {
  // a device comes again by itself; a command comes once, and the attempt that holds the lease may have read older facts
  if (request.cameAt === null && because === 'leased')
    throw new TransientError(`certificate ${record.id} is being onboarded by another event`);
  const applied = record.applied;
  const drift =
    request.cameAt !== null &&
    applied !== null &&
    applied.status !== 'PENDING_ACTIVATION' &&
    request.cameAt - applied.at >= DRIFT_AFTER_MS;
  return { kind: 'repeat', because, drift };
};

/**
 * A certificate is ours to change from our first decision on it, which only one in PENDING_ACTIVATION can get. Until
 * then another status is somebody else's doing and stays. From then on ACTIVE is what a crashed attempt of ours left, or
 * a hand-made change, and is brought to what the registry says; REVOKED and transfers never are.
 */
const isOurs = (record: CertificateRecord, status: string): boolean =>
  status === 'PENDING_ACTIVATION' || (record.verdict !== null && (status === 'INACTIVE' || status === 'ACTIVE'));

/** @returns the record, newer than the one claimed when a second delivery of the same event was faster */
const expectOurs = async (
  { certificates }: OnboardingPorts,
  claimed: CertificateRecord,
  { id, status }: DescribedCertificate,
): Promise<CertificateRecord> => {
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

const NOTHING_FOUND: Findings = { thingTaken: false, clientIdLost: false, rival: null, causes: [] };

const findingsAfter = (converged: Exclude<Converged, { kind: 'applied' }>, record: DecidedRecord): Findings => {
  if (converged.kind === 'thing-taken') return { ...NOTHING_FOUND, thingTaken: true };
  const { now } = converged;
  const clientIdLost = now.device?.certificateId !== record.id;
  return { thingTaken: false, clientIdLost, rival: rivalOf(now, record), causes: barredBy(now) };
};

const attempt = async (
  ports: OnboardingPorts,
  claimed: CertificateRecord,
  leased: WhileLeased,
): Promise<Transition> => {
  const described = await leased(() => ports.iot.describe(claimed.id));
  if (!described)
    throw new TransientError(`IoT Core has no certificate ${claimed.id}: it was deleted, or lives in another account`, {
      code: 'CERTIFICATE_NOT_FOUND',
    });
  let record: CertificateRecord | null = await expectOurs(ports, claimed, described);
  const subject = await readSubject(ports, described);
  let status = described.status;
  let findings = NOTHING_FOUND;
  for (let round = 0; round < ROUNDS && record; round += 1) {
    const decided = await decideCertificate(ports, subject, record, findings);
    if (decided) {
      const converged = await converge({ ...ports, whileLeased: leased }, decided, cnOf(subject), status);
      status = converged.status;
      if (converged.kind === 'applied') {
        const transition = transitionOf(decided);
        await ports.events.publish([transition]);
        const applied = { version: decided.version, status: converged.status, at: ports.clock() };
        if (await ports.certificates.settle(decided.id, applied)) return transition;
      } else {
        findings = findingsAfter(converged, decided);
      }
    }
    record = await ports.certificates.find(claimed.id);
  }
  throw new TransientError(`the facts of certificate ${claimed.id} kept changing while it was onboarded`);
};

/**
 * @throws PermanentError when no retry can help (`UNEXPECTED_STATUS`)
 * @throws TransientError when one may; its code says what an operator is told when none did
 */
export const onboardCertificate =
  (ports: OnboardingPorts) =>
  async (request: OnboardingRequest): Promise<OnboardingOutcome> => {
    const { certificateId, owner } = request;
    const now = ports.clock();
    const until = now + ports.leaseMs;
    const claim = await ports.certificates.claim(certificateId, { owner, now, until });
    if (!claim.claimed) return repeat(claim, request);
    try {
      return { kind: 'decided', transition: await attempt(ports, claim.record, whileLeased(ports.clock, until)) };
    } catch (error) {
      // What matters is the first failure. A lease that cannot be given back ends by itself.
      await ports.certificates.release(certificateId, owner).catch(() => undefined);
      throw error;
    }
  };
