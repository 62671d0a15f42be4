// A world whose trust anchors are revoked and restored, and whose certificates expire: the worker on trust with its queue,
// in simulated time.

import { noPrivateCa } from '#adapters/no-private-ca.ts';
import type { Cause } from '#domain/certificate.ts';
import { deviceKeyOfAccepted } from '#domain/device-key.ts';
import type { CertificateId } from '#domain/ids.ts';
import type { AnchorState, TrustAnchor } from '#domain/trust-anchor.ts';
import type { ExpiryWatermark } from '#ports/expiry-watermark.ts';
import type { IssuedCertificates } from '#ports/iot-gateways.ts';
import type { CommandQueue, TrustCommand, TrustQueue } from '#ports/messages.ts';
import type { TruststoreFile } from '#ports/truststore.ts';
import { onboardCertificate } from '#usecases/onboard-certificate.ts';
import { retireFormer } from '#usecases/retire-former.ts';
import { type WorkOnTrustDeps, type WorkOnTrustOutcome, workOnTrust } from '#usecases/work-on-trust.ts';
import { type Around, aroundPorts } from './around-ports.ts';
import { inMemoryAnchorGateway, inMemoryAnchorPlaces } from './in-memory-anchors.ts';
import { around, CA, eventId, onboardingWorld } from './onboarding-world.ts';

const OPERATOR = 'arn:aws:iam::123456789012:role/operator';
const LIST_PAGE = 250;
/** What the queue waits before it delivers a message again (VISIBILITY_TIMEOUT_SECONDS). */
const VISIBILITY_MS = 120_000;
/** More than any sweep of these tests takes. */
const DELIVERIES = 200;
const PORTS = [
  ...(['certificates', 'listing', 'issued', 'anchors', 'places', 'gateway', 'events', 'trustQueue'] as const),
  ...(['rejectedEvents', 'devices', 'watermark', 'commands', 'iot'] as const),
];
const UNDISTURBED: Around = (_, call) => call();

type Message = { readonly command: TrustCommand; readonly from: number };

export const sweepWorld = () => {
  const world = onboardingWorld();
  const { time, clock, iot, certificates, anchors, events, rejectedEvents, devices } = world;
  const gateway = inMemoryAnchorGateway(iot.calls);
  gateway.cas.set(CA, { active: true, registration: true, mode: 'SNI_ONLY' });
  const places = inMemoryAnchorPlaces();
  let ids = 0;
  const newId = () => {
    ids += 1;
    return eventId(700_000 + ids);
  };
  const sleep = async (ms: number): Promise<void> => {
    const until = time.now + ms;
    await Promise.resolve();
    time.now = Math.max(time.now, until);
  };

  const messages: Message[] = [];
  const truststores: number[] = [];
  const trustQueue: TrustQueue = {
    send: async (command, delaySeconds = 0) => {
      if (command.act === 'truststore') truststores.push(time.now);
      else messages.push({ command, from: time.now + delaySeconds * 1_000 });
    },
  };
  const converges: CertificateId[] = [];
  const watermark: ExpiryWatermark & { at: number | null } = {
    at: null,
    read: async () => watermark.at,
    advance: async (until) => {
      watermark.at = Math.max(watermark.at ?? 0, until);
    },
  };
  const issued: IssuedCertificates = {
    ofAnchor: async (id, cursor) => {
      iot.calls.push('ListCertificatesByCA');
      const all = [...iot.certificates].filter(([, { anchorId }]) => anchorId === id && gateway.cas.has(id));
      const start = Number(cursor ?? 0);
      const items = all
        .slice(start, start + LIST_PAGE)
        .map(([certificate, { status }]) => ({ id: certificate, status }));
      return { items, cursor: start + LIST_PAGE < all.length ? String(start + LIST_PAGE) : null };
    },
  };

  const file: TruststoreFile = { read: async () => null, write: async () => 'changed-meanwhile' };
  const deps = (what: Around = UNDISTURBED): WorkOnTrustDeps => {
    const commands: CommandQueue = {
      send: async ({ certificateId }) => {
        converges.push(certificateId);
      },
    };
    const ports = aroundPorts(
      {
        ...{ certificates, listing: certificates.listing, issued, anchors, places, gateway, events, trustQueue },
        ...{ rejectedEvents, devices, watermark, commands, newId, clock },
        ...{ iot: world.iot.gateway, blockLists: world.blockLists, file, privateCa: noPrivateCa },
        pace: { perSecond: 10, atOnce: 10, clock, sleep },
        sliceMs: 10_000,
        settleMs: 30_000,
      },
      PORTS,
      what,
    );
    return { ...ports, onboard: onboardCertificate(around(world.ports, what)), retireFormer: retireFormer(ports) };
  };

  const outcomes: WorkOnTrustOutcome[] = [];
  const work = async (command: TrustCommand, what: Around): Promise<string> => {
    const outcome = await workOnTrust(deps(what))(command);
    outcomes.push(outcome);
    return outcome.kind ?? 'done';
  };

  return {
    ...world,
    gateway,
    places,
    messages,
    /** when the truststore was asked for */
    truststores,
    /** what came of each command that did not fail */
    outcomes,
    deps,
    watermark,
    converges,
    /** Devices that were let in and are connected. */
    letIn: async (...names: readonly string[]): Promise<readonly CertificateId[]> => {
      const made = names.map((cn) => world.device(cn));
      for (const [index, id] of made.entries()) {
        await world.onboard(world.came(id, 1 + index));
        iot.connect(id, `acme_${names[index]}`);
      }
      return made;
    },
    /** What an operator's act does to the registry, and asks for. */
    act: async (state: AnchorState, id = CA): Promise<TrustAnchor> => {
      const known = await anchors.find(id);
      const version = (known?.version ?? 0) + 1;
      const changed =
        known &&
        (await anchors.change({ ...known, state, changedAt: time.now, changedBy: OPERATOR, version }, known.version));
      if (!changed) throw new Error(`expected CA ${id} to be changed`);
      await trustQueue.send({ act: 'sweep', anchorId: id, version, pass: 1, cursor: null, commandId: newId() });
      return changed;
    },
    /** What the same act does while its sweep is not complete. */
    repeat: (id = CA) => {
      const version = anchors.anchors.get(id)?.version ?? 0;
      return trustQueue.send({ act: 'sweep', anchorId: id, version, pass: 1, cursor: null, commandId: newId() });
    },
    /** What an operator's verb does to a device. */
    bar: async (id: CertificateId, cause: Cause): Promise<void> => {
      const { verdict } = world.record(id);
      if (verdict?.kind !== 'accept') throw new Error(`expected a device of ${id}`);
      world.barDevice(deviceKeyOfAccepted(verdict), cause);
      await world.change(id, cause);
      await world.onboard(world.command(id));
    },
    /** Delivers the message that is next, again after a while when it failed. @returns what came of it, null for a failure */
    deliver: async (what: Around = UNDISTURBED): Promise<string | null> => {
      messages.sort((a, b) => a.from - b.from);
      const message = messages.shift();
      if (!message) throw new Error('expected a message in the queue');
      time.now = Math.max(time.now, message.from);
      try {
        return await work(message.command, what);
      } catch (error) {
        messages.push({ ...message, from: time.now + VISIBILITY_MS });
        if (what === UNDISTURBED) throw error;
        return null;
      }
    },
    /** Until the queue is empty. @returns what came of each message */
    async workOff(what: Around = UNDISTURBED): Promise<readonly (string | null)[]> {
      const kinds: (string | null)[] = [];
      while (messages.length > 0) {
        kinds.push(await this.deliver(what));
        if (kinds.length > DELIVERIES) throw new Error(`expected an end within ${DELIVERIES} deliveries`);
      }
      return kinds;
    },
    /** The scheduler's daily command. */
    lookAtExpiry: () => trustQueue.send({ act: 'expiry', cursor: null, commandId: newId() }),
    anchor: (id = CA): TrustAnchor => {
      const anchor = anchors.anchors.get(id);
      if (!anchor) throw new Error(`no CA ${id}`);
      return anchor;
    },
    statuses: (): Record<string, number> => {
      const counts: Record<string, number> = {};
      for (const { status } of iot.certificates.values()) counts[status] = (counts[status] ?? 0) + 1;
      return counts;
    },
  };
};

export type SweepWorld = ReturnType<typeof sweepWorld>;
