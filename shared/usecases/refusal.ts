// Why a request of an operator changes nothing: what was expected, what came and what to do.

import { err, type Result } from '#domain/result.ts';

export type Refusal = {
  /**
   * `invalid`: the request cannot be right; `not-found`: it names what is not there; `conflict`: not in this state;
   * `gone`: what it relies on is over
   */
  readonly kind: 'invalid' | 'not-found' | 'conflict' | 'gone';
  /** stable, for programs */
  readonly code: string;
  readonly message: string;
};
export type Outcome<T> = Result<T, Refusal>;

export const refuse = (kind: Refusal['kind'], code: string, message: string): Result<never, Refusal> =>
  err({ kind, code, message });

export const unknownTenant = (tenant: string) =>
  refuse(
    'not-found',
    'TENANT_UNKNOWN',
    `expected a tenant of this system, got ${tenant}; list them or create it first`,
  );

export const unknownAnchor = (anchor: string) =>
  refuse('not-found', 'ANCHOR_UNKNOWN', `expected a trust anchor of this tenant, got ${anchor}; list its anchors`);

export const unknownDevice = (name: string) =>
  refuse(
    'not-found',
    'DEVICE_UNKNOWN',
    `expected the client id or the certificate fingerprint of a known device, got ${name}; list the tenant's devices: one that never came, or whose CA is not registered or is revoked, left no trace`,
  );

export const unknownRole = (role: string) =>
  refuse('not-found', 'ROLE_UNKNOWN', `expected a role of this tenant, got ${role}; list its roles`);

export const unknownUser = (username: string) =>
  refuse('not-found', 'USER_UNKNOWN', `expected a user of this tenant, got ${username}; list its users`);

export const builtInRole = (name: string) =>
  refuse('conflict', 'ROLE_BUILT_IN', `the role ${name} is built in and stays as it is; create a role of your own`);

/** The caller read a version that is not the stored one any more: what it would write was made of what was before. */
export const changedMeanwhile = (what: 'role' | 'user', name: string, { seen, now }: { seen: number; now: number }) =>
  refuse(
    'conflict',
    what === 'role' ? 'ROLE_CHANGED' : 'USER_CHANGED',
    `expected version ${seen} of ${what} ${name}, which is at version ${now} by now; look at it again, then repeat`,
  );

/** @param certificates those that the verb may mean */
export const ambiguous = (verb: string, name: string, certificates: readonly { readonly id: string }[]) =>
  refuse(
    'conflict',
    'AMBIGUOUS',
    `${name} has several certificates to ${verb}; name one of ${certificates.map(({ id }) => id).join(', ')}`,
  );
