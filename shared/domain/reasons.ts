// The closed catalogue of reason codes: when each arises and what an operator does about it.

export type Reason = {
  /** `tls`: about who vouches for the certificate; `auth`: about what it may do */
  readonly layer: 'tls' | 'auth';
  readonly when: string;
  readonly action: string;
};

export const REASONS = {
  CA_UNKNOWN: {
    layer: 'tls',
    when: 'the certificate was not signed by the trust anchor it was registered under',
    action: 'sign the device certificate with the key of a CA that the tenant registered',
  },
  CN_MISSING: {
    layer: 'auth',
    when: 'the subject has no common name, or an empty one',
    action: 'issue a certificate with exactly one CN',
  },
} as const satisfies Record<string, Reason>;

export type ReasonCode = keyof typeof REASONS;
