// The reason codes without their texts: what reads stored codes has no use for sentences.

import type { ReasonCode } from './reasons.ts';

const CODES = {
  CERT_UNREADABLE: true,
  CA_UNKNOWN: true,
  CA_EXPIRED: true,
  CA_NOT_YET_VALID: true,
  CA_REVOKED: true,
  NOT_A_CA: true,
  CA_SUBJECT_EMPTY: true,
  CHAIN_ORDER: true,
  CHAIN_BROKEN: true,
  CERT_EXPIRED: true,
  CERT_NOT_YET_VALID: true,
  CERT_IS_CA: true,
  KEY_TOO_SMALL: true,
  KEY_TYPE: true,
  SIG_ALG_WEAK: true,
  SIG_ALG_UNSUPPORTED: true,
  EKU: true,
  KEY_USAGE: true,
  CN_MISSING: true,
  CN_MULTIPLE: true,
  CN_TOO_LONG: true,
  CN_CHARSET: true,
  CN_TENANT_PREFIX: true,
  FIELD_MISSING: true,
  FIELD_MULTIPLE: true,
  FIELD_CHARSET: true,
  CLIENT_ID_TOO_LONG: true,
  CLIENT_ID_FOREIGN_PREFIX: true,
  CLIENT_ID_CONFLICT: true,
  CLIENT_ID_MISMATCH: true,
  THING_EXISTS: true,
  DEVICE_BARRED: true,
  USER_NOT_FOUND: true,
  GRANT_MISSING: true,
  GRANT_REMOVED: true,
  NOT_ALLOWED: true,
  APPROVAL_REQUIRED: true,
  OPERATOR_REJECTED: true,
} as const satisfies Record<ReasonCode, true>;

export const isReasonCode = (text: string): text is ReasonCode => Object.hasOwn(CODES, text);
export const REASON_CODES: readonly string[] = Object.keys(CODES);
