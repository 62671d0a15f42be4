// One page of an anchor's certificates in a sweep: which of them have to follow the anchor, and what came of each.

import type { CertificateRecord } from '#domain/certificate.ts';
import { TransientError } from '#domain/errors.ts';
import type { AnchorId, CertificateId } from '#domain/ids.ts';
import { followedAs, isReached, type SweepCursor, sweepNeedOf } from '#domain/sweep.ts';
import type { TrustAnchor } from '#domain/trust-anchor.ts';
import type { CertificateListing } from '#ports/certificate-listing.ts';
import type { CertificateRegistry } from '#ports/certificate-registry.ts';
import type { CertificateGateway, IssuedCertificates } from '#ports/iot-gateways.ts';
import type { RejectedEvents } from '#ports/messages.ts';
import { type FollowDeps, followFact } from './follow-fact.ts';
import { type Failure, WORK_ON_TRUST } from './kept-failures.ts';
import { isGone } from './look-at-certificate.ts';
import { eachInTurn, type Turns } from './paced.ts';

export type SweepPageDeps = FollowDeps & {
  readonly certificates: Pick<CertificateRegistry, 'findAll'>;
  readonly listing: Pick<CertificateListing, 'underAnchor'>;
  readonly issued: IssuedCertificates;
  readonly iot: Pick<CertificateGateway, 'setStatus'>;
  readonly rejectedEvents: Pick<RejectedEvents, 'keep'>;
};

/** A certificate as a list has it; the registry does not know its status in IoT Core. */
type Listed = { readonly id: CertificateId; readonly status: string | null };
type ListedPage = { readonly items: readonly Listed[]; readonly cursor: string | null };
/** As many of the registry's as are read in one go. */
const REGISTRY_PAGE = 100;

export const listedPage = async (
  { issued, listing }: SweepPageDeps,
  id: AnchorId,
  { list, page }: SweepCursor,
): Promise<ListedPage> => {
  if (list === 'iot-core') return issued.ofAnchor(id, page);
  const { items, cursor } = await listing.underAnchor(id, { limit: REGISTRY_PAGE, cursor: page });
  return { items: items.map((item) => ({ id: item.id, status: null })), cursor };
};

type Read = { readonly records: readonly CertificateRecord[]; readonly failures: readonly Failure[] };

/** One record that cannot be read must not keep all the others in. */
const readRecords = async (
  { certificates }: Pick<SweepPageDeps, 'certificates'>,
  ids: readonly CertificateId[],
): Promise<Read> => {
  try {
    return { records: await certificates.findAll(ids), failures: [] };
  } catch (error) {
    if (error instanceof TransientError) throw error;
  }
  const read = ids.map(async (certificateId): Promise<Read> => {
    try {
      const record = await certificates.find(certificateId);
      return { records: record ? [record] : [], failures: [] };
    } catch (error) {
      return { records: [], failures: [{ certificateId, error }] };
    }
  });
  const all = await Promise.all(read);
  return { records: all.flatMap(({ records }) => records), failures: all.flatMap(({ failures }) => failures) };
};

/** What one command did of a page. */
export type Slice = Pick<SweepCursor, 'changed' | 'acted'> & {
  /** how many of the page's certificates are done, in their order */
  readonly done: number;
  readonly failures: readonly Failure[];
  /** those that IoT Core let in under this anchor, that Vestibule never decided on, and that are INACTIVE now */
  readonly foreign: readonly CertificateId[];
};

/**
 * Whoever registered it by hand is told, before it is shut out: no record says what it was, so that nothing brings it back.
 * Repeatable.
 */
const shutOut = async (
  { iot, rejectedEvents, clock }: SweepPageDeps,
  { id: anchorId, state, version }: TrustAnchor,
  id: CertificateId,
): Promise<void> => {
  await rejectedEvents.keep({
    id: `${id}.${version}`,
    at: clock(),
    source: WORK_ON_TRUST,
    code: 'UNEXPECTED_STATUS',
    reason: `certificate ${id} of CA ${anchorId}, which is ${state}, was ACTIVE and registered by hand; set INACTIVE; a restore does not bring it back, activate it by hand`,
    body: JSON.stringify({ anchorId, certificateId: id }),
  });
  await iot.setStatus(id, 'INACTIVE');
};

export const sweepPage = async (
  deps: SweepPageDeps,
  anchor: TrustAnchor,
  owner: string,
  page: readonly Listed[],
  turns: Turns,
): Promise<Slice> => {
  const follow = followFact(deps);
  const read = await readRecords(
    deps,
    page.map(({ id }) => id),
  );
  const failures = [...read.failures];
  const records = new Map(read.records.map((record) => [record.id, record]));
  const reached = new Set(read.records.filter((record) => isReached(anchor, record)).map(({ id }) => id));
  const needs = page.map((listed, at) => {
    const record = records.get(listed.id) ?? null;
    return { at, ...listed, record, need: sweepNeedOf(anchor, record, listed.status) };
  });
  const unreadable = new Set(read.failures.map(({ certificateId }) => certificateId));
  const open = needs.filter(({ id, need }) => need !== 'nothing' && !unreadable.has(id));

  let acted = 0;
  const foreign: CertificateId[] = [];
  const note = { actor: anchor.changedBy, seen: followedAs(anchor) };
  const begun = await eachInTurn(open, turns, async ({ id, status, record, need: first }) => {
    const needOf = (known: CertificateRecord) => {
      const need = sweepNeedOf(anchor, known, status);
      // no decision is ever taken back
      return need === 'foreign' ? 'nothing' : need;
    };
    try {
      if (record === null || first === 'foreign') {
        await shutOut(deps, anchor, id);
        foreign.push(id);
      } else {
        await follow(record, needOf, note, { owner, iotStatus: status });
        reached.add(id);
      }
      acted += 1;
    } catch (error) {
      if (!isGone(error)) failures.push({ certificateId: id, error });
    }
  });
  const done = open[begun]?.at ?? page.length;
  return {
    done,
    changed: page.slice(0, done).filter(({ id }) => reached.has(id)).length,
    acted,
    failures,
    foreign,
  };
};

/** What the registry lists and IoT Core listed before is not counted twice. @returns the cursor, and whether the pass is over */
export const advance = (
  cursor: SweepCursor,
  page: ListedPage,
  { done, changed, acted, failures }: Slice,
): { readonly cursor: SweepCursor; readonly isOver: boolean } => {
  const { list, offset, startedAt } = cursor;
  const isFirstList = list === 'iot-core';
  const counts = {
    startedAt,
    seen: cursor.seen + (isFirstList ? done : acted),
    changed: cursor.changed + (isFirstList ? changed : acted),
    acted: cursor.acted + acted,
    failed: cursor.failed + failures.length,
  };
  if (offset + done < page.items.length)
    return { cursor: { ...counts, list, page: cursor.page, offset: offset + done }, isOver: false };
  if (page.cursor !== null) return { cursor: { ...counts, list, page: page.cursor, offset: 0 }, isOver: false };
  return { cursor: { ...counts, list: 'registry', page: null, offset: 0 }, isOver: !isFirstList };
};
