// Takes in a revocation list of a trust anchor: what it names is kept out, now and whenever it comes.

import { stateOf } from '#domain/certificate-state.ts';
import { type CrlChanges, type CrlEntry, crlChanges, crlEffect, crlProblem, serialsAfter } from '#domain/crl-rules.ts';
import type { AnchorId, TenantName } from '#domain/ids.ts';
import { err, ok } from '#domain/result.ts';
import type { AnchorCrl, TrustAnchor } from '#domain/trust-anchor.ts';
import type { CertificateListing, ListedCertificate } from '#ports/certificate-listing.ts';
import type { CertificateRegistry } from '#ports/certificate-registry.ts';
import type { Clock } from '#ports/clock.ts';
import type { DeviceRegistry } from '#ports/device-registry.ts';
import type { TrustQueue } from '#ports/messages.ts';
import type { RevocationListReader } from '#ports/revocation-lists.ts';
import type { AnchorRegistry, BlockLists, Page, RevokedSerial } from '#ports/trust-registry.ts';
import { illegalAct } from './anchor-refusals.ts';
import { everyPage } from './every-page.ts';
import { type Affected, affectedDevices } from './impact.ts';
import { type Outcome, refuse, unknownAnchor } from './refusal.ts';
import { inTurn, type TurnDeps } from './tenant-turn.ts';

export type PreviewCrlDeps = {
  readonly anchors: Pick<AnchorRegistry, 'find'>;
  readonly blockLists: Pick<BlockLists, 'listSerials'>;
  readonly listing: Pick<CertificateListing, 'underAnchor'>;
  readonly certificates: Pick<CertificateRegistry, 'findAll'>;
  readonly devices: Pick<DeviceRegistry, 'findAll'>;
  readonly readList: RevocationListReader;
  readonly clock: Clock;
};

export type ImportCrlDeps = PreviewCrlDeps &
  TurnDeps & {
    readonly anchors: Pick<AnchorRegistry, 'find' | 'noteCrl'>;
    readonly blockLists: Pick<BlockLists, 'listSerials' | 'addSerials' | 'dropSerials'>;
    readonly trustQueue: TrustQueue;
    readonly newId: () => string;
  };

export type CrlImpact = {
  readonly anchor: AnchorId;
  readonly list: Pick<AnchorCrl, 'number' | 'thisUpdate' | 'nextUpdate' | 'entries'>;
  /** known certificates that it keeps out and that are not out yet, connected ones first */
  readonly revokes: readonly Affected[];
  /** known certificates that were on hold and are no longer named */
  readonly releases: readonly Affected[];
  /** whether the anchor has more certificates than were looked at */
  readonly more: boolean;
};

type CheckedList = CrlImpact['list'] & { readonly entries: number; readonly named: readonly CrlEntry[] };

/** What a request can look at within its time; see impact.ts. */
const COUNTED = 10_000;
const PAGE = 1_000;

/** All serial numbers that bar under an anchor. */
export const knownSerials = async (
  blockLists: Pick<BlockLists, 'listSerials'>,
  anchor: AnchorId,
): Promise<readonly RevokedSerial[]> => {
  const known: RevokedSerial[] = [];
  for await (const page of everyPage((cursor) => blockLists.listSerials(anchor, { limit: PAGE, cursor })))
    for (const serial of page) known.push(serial);
  return known;
};

/** @param text PEM, or base64 of DER */
const checked = ({ readList, clock }: PreviewCrlDeps, anchor: TrustAnchor, text: string): Outcome<CheckedList> => {
  const now = clock();
  if (anchor.state === 'DELETED') return illegalAct('import a list of', anchor, now);
  const read = readList(text, anchor.pem);
  if (!read.ok) return err({ kind: 'invalid', ...read.error });
  const problem = crlProblem(read.value, anchor, now);
  if (problem) return err({ kind: problem.code === 'CRL_STALE' ? 'conflict' : 'invalid', ...problem });
  const { number, thisUpdate, nextUpdate, entries } = read.value;
  return ok({ number, thisUpdate, nextUpdate, entries: entries.length, named: entries });
};

const impactOf = async (
  deps: PreviewCrlDeps,
  anchor: AnchorId,
  list: CrlImpact['list'],
  serials: ReadonlySet<string>,
): Promise<CrlImpact> => {
  const affected = affectedDevices(deps);
  const touched: Record<'out' | 'back', Affected[]> = { out: [], back: [] };
  let [counted, cursor]: [number, string | null] = [0, null];
  do {
    const page: Page<ListedCertificate> = await deps.listing.underAnchor(anchor, { limit: PAGE, cursor });
    const records = await deps.certificates.findAll(page.items.map(({ id }) => id));
    for (const effect of ['out', 'back'] as const) {
      const named = records
        .filter((record) => crlEffect(record, serials) === effect)
        .map((record) => ({ id: record.id, clientId: record.verdict?.clientId ?? null, state: stateOf(record) }));
      if (named.length > 0) touched[effect].push(...(await affected(named)));
    }
    counted += page.items.length;
    cursor = page.cursor;
  } while (cursor !== null && counted < COUNTED);
  const connectedFirst = (some: readonly Affected[]) =>
    some.toSorted((a, b) => Number(b.connected) - Number(a.connected));
  return {
    anchor,
    list,
    revokes: connectedFirst(touched.out),
    releases: connectedFirst(touched.back),
    more: cursor !== null,
  };
};

const anchorOf = async (
  { anchors }: Pick<PreviewCrlDeps, 'anchors'>,
  tenant: TenantName,
  id: AnchorId,
): Promise<Outcome<TrustAnchor>> => {
  const anchor = await anchors.find(id);
  return anchor?.tenant === tenant ? ok(anchor) : unknownAnchor(id);
};

type Planned = { readonly impact: CrlImpact; readonly changes: CrlChanges };

const planned = async (
  deps: PreviewCrlDeps,
  tenant: TenantName,
  id: AnchorId,
  text: string,
): Promise<Outcome<Planned>> => {
  const anchor = await anchorOf(deps, tenant, id);
  if (!anchor.ok) return anchor;
  const list = checked(deps, anchor.value, text);
  if (!list.ok) return list;
  const { named, ...facts } = list.value;
  const known = await knownSerials(deps.blockLists, id);
  const changes = crlChanges(known, named);
  return ok({ impact: await impactOf(deps, id, facts, serialsAfter(known, changes)), changes });
};

export const previewCrl =
  (deps: PreviewCrlDeps) =>
  async (tenant: TenantName, anchor: AnchorId, text: string): Promise<Outcome<CrlImpact>> => {
    const plan = await planned(deps, tenant, anchor, text);
    return plan.ok ? ok(plan.value.impact) : plan;
  };

/**
 * The facts first: from then on nothing that is named is let in. Then what was taken in is noted, and those that are in
 * follow. Repeatable, and a repeat goes on where a long list took longer than a request may. In turn, so that an older
 * list that is taken in at the same moment does not undo a newer one.
 */
export const importCrl =
  (deps: ImportCrlDeps) =>
  async (tenant: TenantName, anchorId: AnchorId, text: string, actor: string): Promise<Outcome<CrlImpact>> => {
    const { anchors, blockLists, trustQueue, newId, clock } = deps;
    return inTurn(deps, tenant, async (_, held) => {
      const plan = await planned(deps, tenant, anchorId, text);
      if (!plan.ok) return plan;
      const { impact, changes } = plan.value;
      held.assertHeld();
      await blockLists.addSerials(anchorId, changes.add);
      await blockLists.dropSerials(anchorId, changes.drop);
      held.assertHeld();
      const noted = await anchors.noteCrl(anchorId, { ...impact.list, importedAt: clock(), importedBy: actor });
      if (!noted)
        return refuse(
          'conflict',
          'CRL_STALE',
          'a newer list was taken in at the same moment; look at the trust anchor',
        );
      await trustQueue.send({ act: 'crl', anchorId, cursor: null, commandId: newId() });
      return ok(impact);
    });
  };
