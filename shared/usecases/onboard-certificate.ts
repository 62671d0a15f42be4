// Onboards a certificate: claim, load, decide, record, converge, announce, settle. Every step may be repeated; an
// attempt that ends anywhere is finished by the next delivery of its event.

import type { CertificateRecord } from '#domain/certificate.ts';
import { isKnownActive } from '#domain/certificate-state.ts';
import { TransientError } from '#domain/errors.ts';
import type { CertificateId } from '#domain/ids.ts';
import type { Claim } from '#ports/certificate-registry.ts';
import type { SessionGateway, ThingGateway } from '#ports/iot-gateways.ts';
import type { EventPublisher } from '#ports/messages.ts';
import { barredBy, type Converged, converge, rivalOf, type Standing } from './converge.ts';
import { decideCertificate, type Findings } from './decide-certificate.ts';
import { type WhileLeased, whileLeased } from './lease.ts';
import { type LookPorts, lookAtCertificate } from './look-at-certificate.ts';
import { type DecidedRecord, type Transition, transitionOf } from './transition.ts';

export type OnboardingPorts = LookPorts & {
  readonly things: ThingGateway;
  readonly sessions: SessionGateway;
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
  | { readonly kind: 'decided'; readonly transition: Transition }
  /** its state is as it was announced before: at most, its permission set is another */
  | { readonly kind: 'followed'; readonly record: DecidedRecord };

/** IoT Core's own events lag by seconds; minutes are no lag. */
const DRIFT_AFTER_MS = 120_000;
// A fact changes when a person acts, and a delivery beside this one may act on it too; more often within a lease is a fault.
const ROUNDS = 12;

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

const NOTHING_FOUND: Findings = { thingTaken: false, clientIdLost: false, rival: null, causes: [] };

const findingsAfter = (converged: Converged, record: DecidedRecord): Findings => {
  if (converged.kind === 'applied') return NOTHING_FOUND;
  if (converged.kind === 'thing-taken') return { ...NOTHING_FOUND, thingTaken: true };
  const { now } = converged;
  const clientIdLost = now.device?.certificateId !== record.id;
  return { thingTaken: false, clientIdLost, rival: rivalOf(now, record), causes: barredBy(now) };
};

const once = <Made>(make: () => Promise<Made>): (() => Promise<Made>) => {
  let made: Promise<Made> | null = null;
  return () => {
    made ??= make();
    return made;
  };
};

/** Announces and settles. Null when a fact changed meanwhile, which is still to be applied. */
const finish = async (
  { certificates, events, clock }: OnboardingPorts,
  decided: DecidedRecord,
  { status, memberships }: Extract<Converged, { kind: 'applied' }>,
): Promise<OnboardingOutcome | null> => {
  const transition = transitionOf(decided);
  if (transition) await events.publish([transition]);
  const applied = { version: decided.version, status, at: clock(), memberships };
  if (!(await certificates.settle(decided.id, applied))) return null;
  return transition ? { kind: 'decided', transition } : { kind: 'followed', record: decided };
};

/** What this attempt may have joined it has to leave, also when a faster one has settled without it meanwhile. */
const readAgain = async (
  { certificates }: OnboardingPorts,
  { id, memberships }: CertificateRecord,
): Promise<CertificateRecord | null> => {
  const found = await certificates.find(id);
  return found && { ...found, memberships: [...new Set([...found.memberships, ...memberships])] };
};

const attempt = async (
  ports: OnboardingPorts,
  claimed: CertificateRecord,
  leased: WhileLeased,
): Promise<OnboardingOutcome> => {
  const look = once(() => lookAtCertificate(ports, claimed, leased));
  let left: string | null = null;
  const standing = async (): Promise<Standing> => {
    const { cn, status } = await look();
    return { cn, status: left ?? status };
  };
  let record: CertificateRecord | null = isKnownActive(claimed) ? claimed : (await look()).record;
  let findings = NOTHING_FOUND;
  for (let round = 0; round < ROUNDS && record; round += 1) {
    const decided = await decideCertificate(ports, look, record, findings);
    if (decided) {
      const converged = await converge({ ...ports, whileLeased: leased }, decided, standing, left);
      left = converged.status;
      const outcome = converged.kind === 'applied' ? await finish(ports, decided, converged) : null;
      if (outcome) return outcome;
      findings = findingsAfter(converged, decided);
    }
    record = await readAgain(ports, decided ?? record);
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
      return await attempt(ports, claim.record, whileLeased(ports.clock, until));
    } catch (error) {
      // What matters is the first failure. A lease that cannot be given back ends by itself.
      await ports.certificates.release(certificateId, owner).catch(() => undefined);
      throw error;
    }
  };
