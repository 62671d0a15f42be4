// What a certificate signing request must be like before a CA signs it for a tenant (I-02).

import type { CertificateFacts } from './certificate.ts';
import type { ClientId, TenantName } from './ids.ts';
import { clientIdFor, commonNameOf, namingOf } from './naming.ts';
import { REASONS, type ReasonCode } from './reasons.ts';
import { err, ok, type Result } from './result.ts';
import { shown } from './shown.ts';
import type { Tenant } from './tenant.ts';
import { publicKeyRule, signatureRule } from './x509-rules.ts';

/** Plain data read from a request (RFC 2986). */
export type CsrFacts = Pick<CertificateFacts, 'publicKey' | 'publicKeyId' | 'signatureAlgorithm'> & {
  /** as written in it, 0 for the only one there is */
  readonly version: number;
  readonly subject: CertificateFacts['subject'];
  /** the whole subject on one line */
  readonly subjectText: string;
  /** the key that it asks a certificate for has signed it */
  readonly selfSigned: boolean;
};

/** Why a request is not signed; `message` says what was expected, what came and what to do. */
export type CsrProblem = { readonly code: ReasonCode | 'CSR_SIGNATURE' | 'CSR_CN'; readonly message: string };

/** What a request that may be signed asks for. */
export type CsrNames = { readonly cn: string; readonly clientId: ClientId };

const refused = (code: ReasonCode, seen: string): Result<never, CsrProblem> =>
  err({
    code,
    message: `expected a request whose certificate would come in, but ${REASONS[code].when} (seen: ${seen}): ${REASONS[code].action}`,
  });

/** @param cn the device that it is meant for; null when whoever asks did not say */
export const checkCsr = (
  csr: CsrFacts,
  tenant: { readonly name: TenantName } & Pick<Tenant, 'naming'>,
  cn: string | null,
): Result<CsrNames, CsrProblem> => {
  const key = publicKeyRule(csr);
  if (key.reason !== null) return refused(key.reason, key.seen);
  // before the signature itself: one of a kind that nobody takes cannot be checked
  const { seen, reason } = signatureRule(csr);
  if (reason !== null)
    return err({
      code: reason,
      message: `expected a request that is signed with SHA-256, SHA-384 or SHA-512, got ${seen}: make it again with one of these`,
    });
  if (!csr.selfSigned)
    return err({
      code: 'CSR_SIGNATURE',
      message:
        'expected a request that is signed by its own key, but the signature does not match: it was changed, or made with another key; make it again with the key of the device',
    });
  const name = commonNameOf(csr.subject);
  if (!name.ok) return refused(name.error.code, name.error.seen);
  if (cn !== null && name.value !== cn)
    return err({
      code: 'CSR_CN',
      message: `expected a request for ${shown(cn)}, got one for ${name.value}: make it again with this CN`,
    });
  const clientId = clientIdFor(namingOf(tenant.naming), tenant.name, csr.subject);
  return clientId.ok
    ? ok({ cn: name.value, clientId: clientId.value })
    : refused(clientId.error.code, clientId.error.seen);
};
