// The device keys of an accepted certificate, from what was recorded: the tenant's naming may have changed since (N-04).

import type { Verdict } from './certificate.ts';
import { deviceKeyOf, parseNaming } from './naming.ts';

type Accepted = Pick<Extract<Verdict, { kind: 'accept' }>, 'clientId' | 'permissionSet'>;

export const deviceKeyOfAccepted = ({ clientId, permissionSet }: Accepted): string => {
  const [, profile = ''] = permissionSet.split('.');
  const naming = parseNaming(profile);
  // `template` names no naming of its own, and keeps ids as they are
  return naming.ok ? deviceKeyOf(naming.value, clientId) : clientId;
};

/**
 * The key that the very same client id has where the naming treats case otherwise: a tenant that changes its naming may
 * have devices under both. Null when the two are one.
 */
export const otherKeyOfAccepted = (accepted: Accepted): string | null => {
  const { clientId } = accepted;
  const key = deviceKeyOfAccepted(accepted);
  const other = key === clientId ? clientId.toLowerCase() : clientId;
  return other === key ? null : other;
};
