// The closed catalogue of reason codes: when each arises and what an operator does about it.

export type Reason = {
  /** `tls`: about who vouches for the certificate; `auth`: about what it may do */
  readonly layer: 'tls' | 'auth';
  readonly when: string;
  readonly action: string;
};

export const REASONS = {
  CERT_UNREADABLE: {
    layer: 'tls',
    when: 'the certificate cannot be parsed',
    action: 'issue the certificate again with another tool; names must be valid text in their declared encoding',
  },
  CA_UNKNOWN: {
    layer: 'tls',
    when: 'the certificate was not signed by the trust anchor it was registered under',
    action: 'sign the device certificate with the key of a CA that the tenant registered',
  },
  CA_EXPIRED: {
    layer: 'tls',
    when: "the trust anchor's validity is over",
    action: 'register a new CA certificate and issue device certificates under it',
  },
  CA_NOT_YET_VALID: {
    layer: 'tls',
    when: "the trust anchor's validity has not begun",
    action: 'wait for its first day, or issue the CA certificate with an earlier one; then retry the device',
  },
  CA_REVOKED: {
    layer: 'tls',
    when: 'the trust anchor is revoked: nothing new is let in under it',
    action: 'restore the trust anchor, or issue the certificate under another one',
  },
  NOT_A_CA: {
    layer: 'tls',
    when: 'the certificate is not that of a CA: it lacks Basic Constraints CA:TRUE',
    action: 'use the certificate of the CA that signs the devices',
  },
  CA_SUBJECT_EMPTY: {
    layer: 'tls',
    when: "the CA certificate's subject is empty",
    action: 'issue the CA certificate with a subject, such as a CN of any value',
  },
  CA_KEY_USAGE: {
    layer: 'tls',
    when: "the CA certificate's Key Usage is missing, or does not say that it may sign certificates",
    action: 'issue the CA certificate with a Key Usage of keyCertSign, which the strict rules of the tenant ask for',
  },
  CA_SUBJECT_KEY_ID: {
    layer: 'tls',
    when: 'the CA certificate has no Subject Key Identifier',
    action: 'issue the CA certificate with a Subject Key Identifier, which the strict rules of the tenant ask for',
  },
  CA_VALIDITY_TOO_LONG: {
    layer: 'tls',
    when: 'the CA certificate is valid for more than 366 days',
    action: 'issue the CA certificate for a year at most, which the strict rules of the tenant ask for',
  },
  CA_PARENT_UNKNOWN: {
    layer: 'tls',
    when: 'the CA certificate is an intermediate one, and nothing says who vouches for it',
    action:
      'append the certificates of those that signed it, up to their root, or say that it is meant to vouch by itself',
  },
  CHAIN_ORDER: {
    layer: 'tls',
    when: 'a chain file does not begin with the device certificate',
    action: 'concatenate the device certificate first, then the CA certificate that signed it',
  },
  CHAIN_BROKEN: {
    layer: 'tls',
    when: 'a certificate in a chain file was not signed by the next one',
    action: 'put the CA certificate that signed the device certificate directly after it',
  },
  CERT_EXPIRED: {
    layer: 'tls',
    when: "the certificate's validity is over",
    action: 'issue a new certificate for the device',
  },
  CERT_NOT_YET_VALID: {
    layer: 'tls',
    when: "the certificate's validity has not begun",
    action: "check the issuing machine's clock; once the certificate is valid, retry the device",
  },
  CERT_IS_CA: {
    layer: 'tls',
    when: 'the certificate says of itself that it is a CA (Basic Constraints CA:TRUE)',
    action: 'issue an end-entity certificate for the device',
  },
  KEY_TOO_SMALL: {
    layer: 'tls',
    when: 'the RSA key has fewer than 2,048 bits',
    action: 'make a new key: RSA with 2,048 bits or more, or EC P-256, P-384 or P-521',
  },
  KEY_TYPE: {
    layer: 'tls',
    when: 'the public key is neither RSA nor EC on P-256, P-384 or P-521',
    action: 'make a new key: RSA with 2,048 bits or more, or EC P-256, P-384 or P-521',
  },
  SIG_ALG_WEAK: {
    layer: 'tls',
    when: 'the certificate was signed with a digest that is broken, such as SHA-1',
    action: 'sign the certificate with SHA-256, SHA-384 or SHA-512',
  },
  SIG_ALG_UNSUPPORTED: {
    layer: 'tls',
    when: 'the certificate was signed with an algorithm that AWS IoT Core does not take',
    action: 'sign the certificate with RSA or ECDSA and SHA-256, SHA-384 or SHA-512',
  },
  EKU: {
    layer: 'tls',
    when: 'an Extended Key Usage is there and does not include client authentication',
    action: 'issue the certificate with clientAuth, or without Extended Key Usage',
  },
  KEY_USAGE: {
    layer: 'tls',
    when: 'a Key Usage is there and does not include digitalSignature',
    action: 'issue the certificate with digitalSignature, or without Key Usage',
  },
  CN_MISSING: {
    layer: 'auth',
    when: 'the subject has no common name, or an empty one',
    action: 'issue a certificate with exactly one CN',
  },
  CN_MULTIPLE: {
    layer: 'auth',
    when: 'the subject has more than one common name',
    action: 'issue a certificate with exactly one CN',
  },
  CN_TOO_LONG: {
    layer: 'auth',
    when: 'the common name has more than 64 characters',
    action: 'issue a certificate with a CN of at most 64 characters (X.520)',
  },
  CN_CHARSET: {
    layer: 'auth',
    when: 'the common name has a character that a thing name cannot have',
    action: 'issue a certificate whose CN is made of a-z, A-Z, 0-9, colon, underscore and hyphen',
  },
  CN_TENANT_PREFIX: {
    layer: 'auth',
    when: "the profile wants a common name that begins with the tenant's name and an underscore, and it does not",
    action: 'issue a certificate with the CN <tenant>_<device>, or change the naming of the tenant',
  },
  FIELD_MISSING: {
    layer: 'auth',
    when: 'the naming template uses a subject field that the certificate lacks, or that is empty',
    action: 'issue a certificate with that field, or change the template',
  },
  FIELD_MULTIPLE: {
    layer: 'auth',
    when: 'the naming template uses a subject field that the certificate has more than once',
    action: 'issue a certificate with that field once, or change the template',
  },
  FIELD_CHARSET: {
    layer: 'auth',
    when: 'the naming template uses a subject field with a character that a thing name cannot have',
    action: 'issue a certificate whose field is made of a-z, A-Z, 0-9, colon, underscore and hyphen',
  },
  CLIENT_ID_TOO_LONG: {
    layer: 'auth',
    when: 'the client id would have more than 128 characters',
    action: 'issue a certificate with shorter names, or shorten the template',
  },
  CLIENT_ID_FOREIGN_PREFIX: {
    layer: 'auth',
    when: "the client id begins with another tenant's name and an underscore",
    action: 'issue a certificate with another CN',
  },
  CLIENT_ID_CONFLICT: {
    layer: 'auth',
    when: 'another certificate holds the client id: first come stays',
    action: 'give the device a name of its own, or retire the certificate that holds it, then retry',
  },
  RENEWAL_APPROVAL: {
    layer: 'auth',
    when: 'the device has a certificate already, and its tenant wants an operator to say yes to a new one with a new key',
    action: 'approve the new certificate, which then takes the place of the former one, or reject it',
  },
  CERT_BLOCKED: {
    layer: 'tls',
    when: "the certificate's fingerprint is on the tenant's block list",
    action: 'unblock the fingerprint, which has it decided again, or give the device a new certificate',
  },
  CERT_REVOKED: {
    layer: 'tls',
    when: 'a revocation list of the trust anchor names the certificate',
    action: 'give the device a new certificate, or, where it is only on hold, wait for a list that no longer names it',
  },
  CLIENT_ID_MISMATCH: {
    layer: 'auth',
    when: 'the device tried to connect with a client id that is not its own',
    action: "set the device's client id to the one shown here",
  },
  THING_EXISTS: {
    layer: 'auth',
    when: 'a thing of that name exists in AWS IoT and was not made here',
    action: 'delete or rename that thing, then approve the device',
  },
  DEVICE_BARRED: {
    layer: 'auth',
    when: 'the device is suspended, blocked or revoked, whatever certificate it shows',
    action: 'lift what bars the device, then approve it',
  },
  USER_NOT_FOUND: {
    layer: 'auth',
    when: 'the tenant asks for a user of the common name, and there is none: case counts',
    action: 'create the user with the certificate grant, then retry the device',
  },
  GRANT_MISSING: {
    layer: 'auth',
    when: 'the user of the common name may not prove itself by a certificate',
    action: 'give the user the certificate grant, then retry the device',
  },
  GRANT_REMOVED: {
    layer: 'auth',
    when: 'the user of a device that was let in was deleted, or lost the certificate grant',
    action: 'create the user again, or give it the grant: the device then resumes by itself',
  },
  NOT_ALLOWED: {
    layer: 'auth',
    when: "the common name is not on the tenant's allow-list",
    action: 'add the common name to the list and approve the device, or reject it',
  },
  APPROVAL_REQUIRED: {
    layer: 'auth',
    when: 'the tenant admits new devices only when an operator says so',
    action: 'approve or reject the device',
  },
  OPERATOR_REJECTED: {
    layer: 'auth',
    when: 'an operator turned the device away',
    action: 'retry the device to decide again',
  },
} as const satisfies Record<string, Reason>;

export type ReasonCode = keyof typeof REASONS;
