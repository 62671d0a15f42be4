// What the user of an accepted certificate makes of it: the permission set that it belongs in, or none.

import type { Verdict } from './certificate.ts';
import { withComposition } from './permission-set.ts';
import { hasCertificateGrant, type User } from './user.ts';

type Accepted = Extract<Verdict, { kind: 'accept' }>;

/**
 * @param user as the registry has it; the built-in one may not use a certificate, so that it counts as missing
 * @returns null when the certificate is barred: there is no such user, or it lacks the grant
 */
export const permissionSetUnder = (
  { permissionSet }: Pick<Accepted, 'permissionSet'>,
  user: User | null,
): string | null => (hasCertificateGrant(user) ? withComposition(permissionSet, user.composition) : null);
