// From when until when a certificate is valid. (AWS Private CA API reference, Validity)

import { AwsFault } from '#local/http/aws-fault.ts';
import type { IssueCertificate, Validity } from './parameters.ts';

const DAY_MS = 86_400_000;
/** By default a certificate begins this much before it is issued, for clocks that are behind (IssueCertificate). */
const BACKDATED_MS = 60 * 60_000;

/** UTCTime, whose years below 50 are of this century, or GeneralizedTime, as digits of a number. */
const timeOfDigits = (value: number): number => {
  const digits = String(value).padStart(value > 999_999_999_999 ? 14 : 12, '0');
  const full = digits.length === 14 ? digits : `${Number(digits.slice(0, 2)) < 50 ? '20' : '19'}${digits}`;
  const time = Date.parse(full.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/, '$1-$2-$3T$4:$5:$6Z'));
  if (!Number.isNaN(time)) return time;
  throw new AwsFault('InvalidArgsException', `END_DATE: expected YYMMDDHHMMSS or YYYYMMDDHHMMSS, got ${value}`);
};

const endOf = ({ Value, Type }: Validity, now: number): number => {
  const end = new Date(now);
  switch (Type) {
    case 'END_DATE':
      return timeOfDigits(Value);
    case 'ABSOLUTE':
      return Value * 1_000;
    case 'DAYS':
      return now + Value * DAY_MS;
    case 'MONTHS':
      return end.setUTCMonth(end.getUTCMonth() + Value);
    case 'YEARS':
      return end.setUTCFullYear(end.getUTCFullYear() + Value);
  }
};

/**
 * @param now epoch milliseconds, as all here
 * @param issuerEnd when the CA's own certificate ends; null for a CA's certificate of itself
 * @throws AwsFault ValidationException when it would be over at once, or outlive the CA
 */
export const validityOf = (
  { Validity, ValidityNotBefore }: Pick<IssueCertificate, 'Validity' | 'ValidityNotBefore'>,
  now: number,
  issuerEnd: number | null,
): { readonly notBefore: Date; readonly notAfter: Date } => {
  const notBefore = ValidityNotBefore === undefined ? now - BACKDATED_MS : ValidityNotBefore.Value * 1_000;
  const notAfter = endOf(Validity, now);
  if (notAfter <= Math.max(notBefore, now)) {
    throw new AwsFault('ValidationException', 'the certificate would be expired before it is valid');
  }
  if (issuerEnd !== null && notAfter > issuerEnd) {
    throw new AwsFault(
      'ValidationException',
      'The certificate validity specified exceeds the certificate authority validity',
    );
  }
  return { notBefore: new Date(notBefore), notAfter: new Date(notAfter) };
};
