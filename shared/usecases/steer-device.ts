// Operators' verbs on a device: each records a fact, then asks for it to be converged.

import type { CertificateRecord, CertificateState, OperatorWord } from '#domain/certificate.ts';
import { stateOf } from '#domain/certificate-state.ts';
import type { CertificateId, ClientId, TenantName } from '#domain/ids.ts';
import { RULES_VERSION } from '#domain/onboarding.ts';
import { ok } from '#domain/result.ts';
import type { Clock } from '#ports/clock.ts';
import type { CommandQueue } from '#ports/messages.ts';
import type { TenantRegistry } from '#ports/trust-registry.ts';
import { type FindDeviceDeps, type FoundDevice, findDevice } from './find-device.ts';
import { type Outcome, refuse, unknownDevice } from './refusal.ts';
import { RETRY } from './transition.ts';

export type Verb = 'approve' | 'reject' | typeof RETRY;

export type SteerDeps = FindDeviceDeps & {
  readonly tenants: Pick<TenantRegistry, 'find'>;
  readonly commands: CommandQueue;
  readonly newId: () => string;
  readonly clock: Clock;
};

export type Steered = {
  readonly certificateId: CertificateId;
  readonly clientId: ClientId | null;
  readonly verb: Verb;
};

/**
 * The one state that each verb leads out of. A retry is also for what IoT Core was not brought to, and for who is in
 * without a user though its tenant asks for users by now: that brings it under its user.
 */
const FROM: Record<Verb, CertificateState> = { approve: 'HELD', reject: 'HELD', retry: 'REJECTED' };

const WHAT_TO_DO: Record<CertificateState, string> = {
  PENDING: 'it is being decided, look again in a moment',
  HELD: 'approve or reject it',
  REJECTED: 'retry it',
  ACTIVE: 'it is let in',
  SUSPENDED: 'remove what suspends it first',
  RETIRED: 'use the certificate that replaced it',
  EXPIRED: 'give the device a new certificate',
  REVOKED: 'give the device a new certificate',
};

// Someone may change the same certificate at the same moment; more often than this in a row nobody does.
const ATTEMPTS = 3;

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
  return WHAT_TO_DO[state];
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
    return refuse(
      'conflict',
      'WRONG_STATE',
      `expected a certificate that is ${FROM[verb]} to ${verb}, but ${name} is ${stateOf(newest)}: ${adviceOn(verb, newest)}`,
    );
  }
  if (others.length > 0) {
    const fingerprints = [first, ...others].map(({ id }) => id).join(', ');
    return refuse('conflict', 'AMBIGUOUS', `${name} has several certificates to ${verb}; name one of ${fingerprints}`);
  }
  return ok(first);
};

/**
 * Repeatable: as long as the certificate is in the state that the verb leads out of, the fact is written and the
 * command sent again. A retry of one whose facts are not applied yet sends the command alone, unless it needs the fact.
 */
export const steerDevice = (deps: SteerDeps) => {
  const { certificates, tenants, commands, newId, clock } = deps;
  const find = findDevice(deps);

  const asksForUsers = async ({ tenant }: CertificateRecord): Promise<boolean> =>
    tenant !== null && (await tenants.find(tenant))?.userMatch === 'required';
  const withoutUser = async ({ certificates: found }: FoundDevice): Promise<readonly CertificateRecord[]> => {
    const records = await Promise.all(
      found.filter(isWithoutUser).map(async (record) => ((await asksForUsers(record)) ? record : null)),
    );
    return records.filter((record) => record !== null);
  };

  return async (verb: Verb, name: string, tenant: TenantName | null, actor: string): Promise<Outcome<Steered>> => {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const found = await find(name, tenant);
      if (!found) return unknownDevice(name);
      const userless = verb === RETRY ? await withoutUser(found) : [];
      const picked = pick(verb, name, found, userless);
      if (!picked.ok) return picked;
      const record = picked.value;
      const now = clock();
      const written =
        (verb === RETRY && isUnfinished(record) && !userless.includes(record)) ||
        (await certificates.recordOperatorWord(
          record.id,
          record.version,
          wordOf(verb, record.operatorWord, now, actor),
          { at: now, actor, state: stateOf(record), reason: null, seen: verb, rules: RULES_VERSION },
        ));
      if (written) {
        await commands.send({ certificateId: record.id, commandId: newId() });
        return ok({ certificateId: record.id, clientId: record.verdict?.clientId ?? null, verb });
      }
    }
    return refuse('conflict', 'CHANGED_MEANWHILE', `${name} is being changed by others; look at it and repeat`);
  };
};
