// The truststore: the CA certificates of active trust anchors in one file, for whoever verifies devices beside IoT Core,
// such as API Gateway or a broker of one's own.

import type { TrustAnchor } from './trust-anchor.ts';

export type Omission = 'EXPIRED' | 'NOT_YET_VALID';

export type Truststore = {
  /** PEM blocks, each ending in a newline; empty when nobody is trusted */
  readonly pem: string;
  /** whose certificates are in it, in its order */
  readonly anchors: readonly TrustAnchor[];
  /** active ones that are left out: no verifier takes what they signed now */
  readonly omitted: readonly { readonly anchor: TrustAnchor; readonly reason: Omission }[];
};

/**
 * The base64 of each certificate in a text. What a text may have between and around them (RFC 7468 §2: CRLF, comments,
 * no newline at the end, lines of any length) is left behind.
 */
const certificatesIn = (text: string): readonly string[] =>
  Array.from(text.matchAll(/-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/g), ([, body = '']) =>
    body.replace(/\s+/g, ''),
  );

/** RFC 7468 §3: lines of 64 characters. */
const pemOf = (base64: string): string =>
  `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`;

/** As they were registered: a new one comes last, and the others stay where they are. */
const byRegistration = (a: TrustAnchor, b: TrustAnchor): number =>
  a.registeredAt - b.registeredAt || (a.id < b.id ? -1 : 1);

const omissionOf = ({ validFrom, validTo }: TrustAnchor, now: number): Omission | null => {
  if (now > validTo) return 'EXPIRED';
  return now < validFrom ? 'NOT_YET_VALID' : null;
};

/**
 * Each certificate is in it once, whatever the order in which the anchors came.
 * @param now epoch milliseconds
 */
export const truststoreOf = (anchors: readonly TrustAnchor[], now: number): Truststore => {
  const active = anchors.filter(({ state }) => state === 'ACTIVE').toSorted(byRegistration);
  const trusted = active.filter((anchor) => omissionOf(anchor, now) === null);
  return {
    pem: [...new Set(trusted.flatMap(({ pem }) => certificatesIn(pem)))].map(pemOf).join(''),
    anchors: trusted,
    omitted: active.flatMap((anchor) => {
      const reason = omissionOf(anchor, now);
      return reason === null ? [] : [{ anchor, reason }];
    }),
  };
};
