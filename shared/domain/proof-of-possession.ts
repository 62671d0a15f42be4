// Whether a certificate shows that whoever sends it has the key of a CA (CA-04).

import { shown } from './shown.ts';
import type { AnchorUpload } from './trust-anchor.ts';
import { validityRule } from './x509-rules.ts';

/** What is read of a certificate that is to show possession of a CA's key. Times are epoch milliseconds. */
export type VerificationFacts = {
  /** every CN of the subject */
  readonly cn: readonly string[];
  /** issuer name equals the CA's subject, and the CA's key made the signature */
  readonly signedByAnchor: boolean;
  readonly validFrom: number;
  readonly validTo: number;
};

export type PossessionFailure = {
  readonly code: 'POP_EXPIRED' | 'POP_SIGNATURE' | 'POP_CODE' | 'POP_VALIDITY';
  /** what was expected, what came, what to do */
  readonly message: string;
};

const signedOver = (code: string): string => `signed with the CA's key, with the CN ${code} and no other`;

/**
 * Null when the certificate was signed by the CA, over this very code, and is valid now.
 * @param what names the certificate, where there are two
 * @param now epoch milliseconds
 */
export const codeFailure = (
  code: string,
  certificate: VerificationFacts,
  what: string,
  now: number,
): PossessionFailure | null => {
  const { cn, signedByAnchor } = certificate;
  if (!signedByAnchor)
    return {
      code: 'POP_SIGNATURE',
      message: `expected ${what} to be ${signedOver(code)}; the CA did not sign it: sign it with the CA's own key`,
    };
  if (cn.length !== 1 || cn[0] !== code)
    return {
      code: 'POP_CODE',
      message: `expected ${what} to be ${signedOver(code)}, got ${cn.length === 0 ? 'no CN' : shown(cn.join(' and '))}: sign one with that CN`,
    };
  const { seen, reason } = validityRule(certificate, now, 'CERT_NOT_YET_VALID', 'CERT_EXPIRED');
  return reason === null
    ? null
    : {
        code: 'POP_VALIDITY',
        message: `expected ${what} to be valid now, got ${seen}: check the clock of the machine that signs, and sign another one`,
      };
};

/** Null when possession is shown. A challenge that is over is answered by nothing. */
export const possessionFailure = (
  { code, expiresAt }: AnchorUpload['challenge'],
  certificate: VerificationFacts,
  now: number,
): PossessionFailure | null =>
  now < expiresAt
    ? codeFailure(code, certificate, 'the verification certificate', now)
    : {
        code: 'POP_EXPIRED',
        message: `the challenge is over since ${new Date(expiresAt).toISOString()}: ask for another one, and sign a certificate with its code`,
      };
