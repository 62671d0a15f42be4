// Onboards a certificate: claim, load, decide, record, converge, announce, settle. Every step may be repeated; an
// attempt that ends anywhere is finished by the next delivery of its event.

import type { CertificateRecord } from '#domain/certificate.ts';
import { isKnownActive } from '#domain/certificate-state.ts';
import { TransientError } from '#domain/errors.ts';
import type { CertificateId } from '#domain/ids.ts';
import type { Claim } from '#ports/certificate-registry.ts';
import type { SessionGateway, ThingGateway } from '#ports/iot-gateways.ts';
import type { EventPublisher } from '#ports/messages.ts';
import { type Converged, converge, type Looks } from './converge.ts';
import { decideCertificate } from './decide-certificate.ts';
import { type WhileLeased, whileLeased } from './lease.ts';
import { expectOurs, isGone, type LookPorts, lookAtCertificate } from './look-at-certificate.ts';
import { retireFormer } from './retire-former.ts';
import { type DecidedRecord, type Transition, transitionOf } from './transition.ts';

export type OnboardingPorts = Omit<LookPorts, 'retireFormer'> & {
  readonly things: ThingGateway;
  readonly sessions: SessionGateway;
  readonly events: EventPublisher;
  /** how long a claimed certificate belongs to one event */
  readonly leaseMs: number;
  /** for how long the former certificate of a renewed device may be used beside the new one */
  readonly renewalGraceMs: number;
};
type AttemptPorts = OnboardingPorts & Pick<LookPorts, 'retireFormer'>;

export type OnboardingRequest = {
  readonly certificateId: CertificateId;
  /** names the event or the command through every delivery: the lease is its own */
  readonly owner: string;
  /** when the device came, epoch milliseconds; null when an operator's command asks */
  readonly cameAt: number | null;
  /**
   * what a list of IoT Core said of its status a moment ago, which saves asking for each of many; null asks IoT Core
   */
  readonly iotStatus: string | null;
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

const looksAt = (ports: AttemptPorts, claimed: CertificateRecord, hint: string | null, leased: WhileLeased) => {
  const look = once(() => lookAtCertificate(ports, claimed, leased));
  return {
    look,
    /** It is ours to change. */
    record: async (): Promise<CertificateRecord> => {
      if (hint !== null) return expectOurs(ports, claimed, hint);
      return isKnownActive(claimed) ? claimed : (await look()).record;
    },
    standing: (left: string | null): Looks => ({
      look: async () => {
        const { cn, status } = await look();
        return { cn, status: left ?? status };
      },
      statusNow: async () => {
        if (left !== null) return left;
        if (hint === 'ACTIVE' || hint === 'REVOKED') return hint;
        // an attempt may have made it ACTIVE after the list was made
        return hint === 'INACTIVE' ? null : (await look()).status;
      },
    }),
  };
};

const attempt = async (
  ports: AttemptPorts,
  claimed: CertificateRecord,
  hint: string | null,
  leased: WhileLeased,
): Promise<OnboardingOutcome> => {
  const looks = looksAt(ports, claimed, hint, leased);
  let left: string | null = null;
  let thingTaken = false;
  let record: CertificateRecord | null = await looks.record();
  for (let round = 0; round < ROUNDS && record; round += 1) {
    const decided = await decideCertificate(ports, looks.look, record, thingTaken);
    if (decided) {
      const converged = await converge({ ...ports, whileLeased: leased }, decided, looks.standing(left), left);
      left = converged.status;
      thingTaken = converged.kind === 'thing-taken';
      const outcome = converged.kind === 'applied' ? await finish(ports, decided, converged) : null;
      if (outcome) return outcome;
    }
    record = await readAgain(ports, decided ?? record);
  }
  throw new TransientError(`the facts of certificate ${claimed.id} kept changing while it was onboarded`);
};

/** Retires, within an attempt for another certificate of the device, without a queue between. */
const retiring = (ports: OnboardingPorts, owner: string): LookPorts['retireFormer'] =>
  retireFormer({
    ...ports,
    newId: () => owner,
    commands: {
      send: async ({ certificateId }) => {
        try {
          await onboardCertificate(ports)({ certificateId, owner, cameAt: null, iotStatus: null });
        } catch (error) {
          if (!isGone(error)) throw error;
        }
      },
    },
  });

/**
 * @throws PermanentError when no retry can help (`UNEXPECTED_STATUS`)
 * @throws TransientError when one may; its code says what an operator is told when none did
 */
export const onboardCertificate =
  (ports: OnboardingPorts) =>
  async (request: OnboardingRequest): Promise<OnboardingOutcome> => {
    const { certificateId, owner, iotStatus } = request;
    const now = ports.clock();
    const until = now + ports.leaseMs;
    const claim = await ports.certificates.claim(certificateId, { owner, now, until });
    if (!claim.claimed) return repeat(claim, request);
    try {
      const attemptPorts = { ...ports, retireFormer: retiring(ports, owner) };
      return await attempt(attemptPorts, claim.record, iotStatus, whileLeased(ports.clock, until));
    } catch (error) {
      // What matters is the first failure. A lease that cannot be given back ends by itself.
      await ports.certificates.release(certificateId, owner).catch(() => undefined);
      throw error;
    }
  };
