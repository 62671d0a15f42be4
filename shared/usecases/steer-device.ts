// Operators decide on what waits or was turned away: approve, reject, retry. Each records a fact, then asks for it to be
// converged.

import type { CertificateRecord, CertificateState, OperatorWord } from '#domain/certificate.ts';
import { stateOf } from '#domain/certificate-state.ts';
import type { CertificateId, ClientId, TenantName } from '#domain/ids.ts';
import { RULES_VERSION } from '#domain/onboarding.ts';
import { ok } from '#domain/result.ts';
import type { CertificateRegistry } from '#ports/certificate-registry.ts';
import type { Clock } from '#ports/clock.ts';
import type { CommandQueue } from '#ports/messages.ts';
import type { TenantRegistry } from '#ports/trust-registry.ts';
import { type ApproveAnewDeps, approveAnew } from './approve-anew.ts';
import { type FindDeviceDeps, type FoundDevice, findDevice } from './find-device.ts';
import { ambiguous, type Outcome, unknownDevice } from './refusal.ts';
import { RETRY } from './transition.ts';
import { undisturbed } from './undisturbed.ts';
import { whatToDo, wrongState } from './wrong-state.ts';

export type Verb = 'approve' | 'reject' | typeof RETRY;

export type SteerDeps = FindDeviceDeps &
  ApproveAnewDeps & {
    readonly certificates: Pick<CertificateRegistry, 'recordOperatorWord'>;
    readonly tenants: Pick<TenantRegistry, 'find'>;
    readonly commands: CommandQueue;
    readonly newId: () => string;
    readonly clock: Clock;
  };

/** What a verb of an operator was taken for. */
export type Steered<Said = Verb> = {
  readonly certificateId: CertificateId;
  readonly clientId: ClientId | null;
  readonly verb: Said;
};

/**
 * The one state that each verb leads out of. A retry is also for what IoT Core was not brought to, and for who is in
 * without a user though its tenant asks for users by now: that brings it under its user.
 */
const FROM: Record<Verb, CertificateState> = { approve: 'HELD', reject: 'HELD', retry: 'REJECTED' };

const wordOf = (verb: Verb, before: OperatorWord | null, at: number, by: string): OperatorWord | null => {
  if (verb !== RETRY) return { verdict: verb, at, by };
  // a retry takes back a refusal, and leaves an approval standing
  return before?.verdict === 'approve' ? before : null;
};

/** A command that was lost leaves a record unsettled: one that is INACTIVE in IoT Core brings no event that would go on. */
const isUnfinished = (record: CertificateRecord): boolean => !record.settled && stateOf(record) !== FROM.retry;

/** In, or barred for a while, as nobody. */
const isWithoutUser = (record: CertificateRecord): boolean =>
  record.verdict?.kind === 'accept' &&
  record.verdict.user === null &&
  ['ACTIVE', 'SUSPENDED'].includes(stateOf(record));

const adviceOn = (verb: Verb, record: CertificateRecord): string => {
  const state = stateOf(record);
  if (state === 'ACTIVE' && !record.settled) return 'IoT Core was not brought to it yet, retry it';
  if (state === 'ACTIVE' && verb === RETRY && isWithoutUser(record))
    return 'it is let in without a user, and its tenant asks for none';
  return whatToDo(record);
};

/** @param userless those that a retry brings under their users */
const pick = (
  verb: Verb,
  name: string,
  found: FoundDevice,
  userless: readonly CertificateRecord[],
): Outcome<CertificateRecord> => {
  const steered = found.certificates.filter((record) => stateOf(record) === FROM[verb] || userless.includes(record));
  const unfinished = verb === RETRY ? found.certificates.filter(isUnfinished) : [];
  const [first, ...others] = steered.length > 0 ? steered : unfinished;
  if (first === undefined) {
    const [newest] = found.certificates;
    return wrongState(`a certificate that is ${FROM[verb]} to ${verb}`, name, newest, adviceOn(verb, newest));
  }
  return others.length > 0 ? ambiguous(verb, name, [first, ...others]) : ok(first);
};

/**
 * Repeatable: as long as the certificate is in the state that the verb leads out of, the fact is written and the
 * command sent again. A retry of one whose facts are not applied yet sends the command alone, unless it needs the fact.
 */
export const steerDevice = (deps: SteerDeps) => {
  const { certificates, tenants, commands, newId, clock } = deps;
  const find = findDevice(deps);
  const makeFree = approveAnew(deps);

  const asksForUsers = async ({ tenant }: CertificateRecord): Promise<boolean> =>
    tenant !== null && (await tenants.find(tenant))?.userMatch === 'required';
  const withoutUser = async ({ certificates: found }: FoundDevice): Promise<readonly CertificateRecord[]> => {
    const records = await Promise.all(
      found.filter(isWithoutUser).map(async (record) => ((await asksForUsers(record)) ? record : null)),
    );
    return records.filter((record) => record !== null);
  };

  const steer = async (
    verb: Verb,
    name: string,
    tenant: TenantName | null,
    actor: string,
  ): Promise<Outcome<Steered> | null> => {
    const found = await find(name, tenant);
    if (!found) return unknownDevice(name);
    const userless = verb === RETRY ? await withoutUser(found) : [];
    const picked = pick(verb, name, found, userless);
    if (!picked.ok) return picked;
    const record = picked.value;
    const free = verb === 'approve' ? await makeFree(name, record) : ok(undefined);
    if (!free?.ok) return free;
    const now = clock();
    const written =
      (verb === RETRY && isUnfinished(record) && !userless.includes(record)) ||
      (await certificates.recordOperatorWord(record.id, record.version, wordOf(verb, record.operatorWord, now, actor), {
        at: now,
        actor,
        state: stateOf(record),
        reason: null,
        seen: verb,
        rules: RULES_VERSION,
      }));
    if (!written) return null;
    await commands.send({ certificateId: record.id, commandId: newId() });
    return ok({ certificateId: record.id, clientId: record.verdict?.clientId ?? null, verb });
  };

  return (verb: Verb, name: string, tenant: TenantName | null, actor: string): Promise<Outcome<Steered>> =>
    undisturbed(name, () => steer(verb, name, tenant, actor));
};
