// One page of what ends on a day: certificates that are over follow, those that will be are announced, and those that a
// newer one replaced long enough ago are retired.

import type { CertificateRecord, CertificateState } from '#domain/certificate.ts';
import type { DomainEvent } from '#domain/domain-event.ts';
import { type ExpiryRun, type ExpiryStep, isOver, warningDue } from '#domain/expiry.ts';
import type { CertificateId } from '#domain/ids.ts';
import type { CertificateListing, ListedCertificate } from '#ports/certificate-listing.ts';
import type { CertificateRegistry } from '#ports/certificate-registry.ts';
import type { DeviceRegistry, RenewedDevice } from '#ports/device-registry.ts';
import type { EventPublisher } from '#ports/messages.ts';
import { type FollowDeps, type FollowNeed, followFact } from './follow-fact.ts';
import type { Failure } from './kept-failures.ts';
import { isGone } from './look-at-certificate.ts';
import { eachInTurn, type Turns } from './paced.ts';
import { causesBy, recheck } from './recheck-certificate.ts';
import type { retireFormer } from './retire-former.ts';
import { isAccepted } from './transition.ts';

export type ExpiryPagesDeps = FollowDeps & {
  readonly listing: Pick<CertificateListing, 'expiringOn'>;
  readonly certificates: Pick<CertificateRegistry, 'find' | 'recordChange' | 'recheck'>;
  readonly devices: Pick<DeviceRegistry, 'renewedUntil' | 'keepFormer'>;
  readonly retireFormer: ReturnType<typeof retireFormer>;
  readonly events: EventPublisher;
};

/** Works on a page of a day's list. @returns where the next one begins, null after the last */
type PageWork = (day: string, page: string | null) => Promise<string | null>;

/** Who acts when nobody asked. */
export const SWEEP = 'sweep';
const EXPIRED = 'expired';
/** Few enough that a page, at the pace, takes a small part of a command's time. */
const PAGE = 25;

/** In, or let in again one day. */
const CURRENT: readonly CertificateState[] = ['ACTIVE', 'SUSPENDED'];
/** One that is listed as expired may not be brought to it yet. */
const MAY_EXPIRE: readonly CertificateState[] = [...CURRENT, 'EXPIRED'];

const needOf =
  (run: ExpiryRun) =>
  ({ verdict, causes, validTo, settled, history }: CertificateRecord): FollowNeed => {
    const isNoted = !settled && history.some(({ seen }) => seen === EXPIRED);
    if (causes.includes('EXPIRED')) return isNoted ? 'finish' : 'nothing';
    if (verdict?.kind !== 'accept' || !isOver(validTo, run)) return 'nothing';
    return isNoted && history.at(-1)?.seen === EXPIRED ? 'finish' : 'change';
  };

const warningOf = (item: ListedCertificate, run: ExpiryRun): DomainEvent[] => {
  const { id, tenant, clientId, anchorId, state, validTo } = item;
  const days = validTo === null ? null : warningDue(validTo, run);
  if (days === null || validTo === null || clientId === null || !CURRENT.includes(state)) return [];
  const at = run.until;
  const about = { at, tenant, clientId, certificateId: id, anchorId, validTo, days };
  return [{ type: 'certificate.expiring', id: `${id}.expiring.${days}`, ...about }];
};

/** @param failures takes what failed, which holds nothing up */
export const expiryPages = (
  deps: ExpiryPagesDeps,
  run: ExpiryRun,
  { owner, turns, failures }: { readonly owner: string; readonly turns: Turns; readonly failures: Failure[] },
): Record<ExpiryStep['part'], PageWork> => {
  const { certificates, listing, devices, events } = deps;
  const follow = followFact(deps);
  const trying = async (certificateId: CertificateId, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!isGone(error)) failures.push({ certificateId, error });
    }
  };
  const expire = async (id: CertificateId): Promise<void> => {
    const record = await certificates.find(id);
    if (record) await follow(record, needOf(run), { actor: SWEEP, seen: EXPIRED }, { owner, iotStatus: null });
  };
  const isIn = async (id: CertificateId): Promise<boolean> => {
    const record = await certificates.find(id);
    return (
      record !== null &&
      isAccepted(record) &&
      causesBy(record, await recheck(certificates, record), run.until).length === 0
    );
  };
  /** A device is not left without a certificate: where what is to be used from now on is barred, the former one stays. */
  const endGrace = async (device: RenewedDevice): Promise<void> =>
    (await isIn(device.certificateId)) ? deps.retireFormer(device.key, device) : devices.keepFormer(device.key, device);

  return {
    expired: async (day, page) => {
      const { items, cursor } = await listing.expiringOn(day, { limit: PAGE, cursor: page });
      const over = items.filter(({ state, validTo }) => MAY_EXPIRE.includes(state) && isOver(validTo, run));
      await eachInTurn(over, turns, ({ id }) => trying(id, () => expire(id)));
      return cursor;
    },

    renewed: async (day, page) => {
      const { items, cursor } = await devices.renewedUntil(day, { limit: PAGE, cursor: page });
      for (const device of items.filter(({ former }) => former.until <= run.until))
        await trying(device.former.certificateId, () => endGrace(device));
      return cursor;
    },

    expiring: async (day, page) => {
      const { items, cursor } = await listing.expiringOn(day, { limit: PAGE, cursor: page });
      await events.publish(items.flatMap((item) => warningOf(item, run)));
      return cursor;
    },
  };
};
