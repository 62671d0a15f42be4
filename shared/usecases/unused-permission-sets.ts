// Marks permission sets that no user has, and sees to it that somebody looks at each of them later.

import { TransientError } from '#domain/errors.ts';
import type { PermissionSetRecord } from '#domain/permission-set.ts';
import type { Clock } from '#ports/clock.ts';
import type { PermissionSetQueue } from '#ports/messages.ts';
import type { PermissionSetRegistry } from '#ports/permission-registry.ts';

export type UnusedSetsDeps = {
  readonly permissionSets: PermissionSetRegistry;
  readonly setQueue: PermissionSetQueue;
  readonly newId: () => string;
  readonly clock: Clock;
  /** how long a set is kept once nobody uses it, at most 900,000 */
  readonly collectionDelayMs: number;
};

type Named = Pick<PermissionSetRecord, 'tenant' | 'id'>;

/** Others write the same record, each another part of it. */
const ATTEMPTS = 5;

/** Writes a change of a record that is there; one that is gone stays gone. @returns the record as it then stands */
export const changeSet = async (
  { permissionSets }: Pick<UnusedSetsDeps, 'permissionSets'>,
  { tenant, id }: Named,
  change: Partial<Pick<PermissionSetRecord, 'applied' | 'unusedSince'>>,
): Promise<PermissionSetRecord | null> => {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const set = await permissionSets.find(tenant, id);
    if (!set) return null;
    const changed = await permissionSets.put({ ...set, ...change }, set.version);
    if (changed) return changed;
  }
  throw new TransientError(`permission set ${id} was changed by others each time that it was written`);
};

/**
 * Asks for a look at the set that was marked at a time. The command carries the mark: when there is a newer one, a newer
 * command follows it.
 */
export const lookLater = (
  { setQueue, newId, clock, collectionDelayMs }: UnusedSetsDeps,
  { tenant, id }: Named,
  mark: number,
): Promise<void> => {
  const wait = mark + collectionDelayMs - clock();
  const command = { tenant, permissionSet: id, disconnect: false, cursor: String(mark), commandId: newId() };
  return setQueue.send({ act: 'collect', ...command }, Math.ceil((wait > 0 ? wait : collectionDelayMs) / 1_000));
};

/** First the command, then the mark: what is marked is looked at, whoever dies in between. */
export const markUnused = async (deps: UnusedSetsDeps, set: Named): Promise<void> => {
  const mark = deps.clock();
  await lookLater(deps, set, mark);
  await changeSet(deps, set, { unusedSince: mark });
};
