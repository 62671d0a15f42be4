// Makes certificate revocation lists with a library that shares no code with what reads them.

import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { TestCa } from './certificates.ts';

/** Numbers of RFC 5280 §5.3.1. */
export const REASON = { keyCompromise: 1, superseded: 4, certificateHold: 6, removeFromCrl: 8 } as const;

export type ListOptions = {
  /** hex */
  readonly serials?: readonly (string | { readonly serial: string; readonly reason: number })[];
  readonly number?: number;
  readonly thisUpdate?: Date;
  readonly nextUpdate?: Date;
  /** more extensions: OID, whether it is critical, and its value in DER */
  readonly extensions?: readonly (readonly [oid: string, critical: boolean, value: Uint8Array])[];
  /** signs in the place of the CA that is named */
  readonly signer?: TestCa;
};

/** @returns DER, signed by the CA's key, which must be on P-256 */
export const makeRevocationList = async (ca: TestCa, options: ListOptions = {}): Promise<Buffer> => {
  const { serials = [], number, signer = ca, extensions = [] } = options;
  const { thisUpdate = new Date('2026-01-01T00:00:00Z'), nextUpdate } = options;
  const signingKey = await webcrypto.subtle.importKey(
    'pkcs8',
    signer.key.export({ type: 'pkcs8', format: 'der' }),
    { name: 'ECDSA', namedCurve: 'P-256' },
    false,
    ['sign'],
  );
  const list = await x509.X509CrlGenerator.create(
    {
      issuer: new x509.X509Certificate(ca.pem).subject,
      thisUpdate,
      ...(nextUpdate && { nextUpdate }),
      entries: serials.map((entry) => ({
        revocationDate: new Date('2025-12-01T00:00:00Z'),
        ...(typeof entry === 'string' ? { serialNumber: entry } : { serialNumber: entry.serial, reason: entry.reason }),
      })),
      extensions: [
        ...(number === undefined ? [] : [new x509.Extension('2.5.29.20', false, Buffer.from([2, 1, number]))]),
        ...extensions.map(([oid, critical, value]) => new x509.Extension(oid, critical, Buffer.from(value))),
      ],
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      signingKey,
    },
    webcrypto,
  );
  return Buffer.from(list.rawData);
};

export const listPem = (der: Buffer): string =>
  `-----BEGIN X509 CRL-----\n${der.toString('base64').replace(/.{64}(?=.)/g, '$&\n')}\n-----END X509 CRL-----\n`;
