// Reads certificate revocation lists (RFC 5280 §5) in PEM or base64. By hand: @peculiar/x509 refuses a list of more than
// some 1,400 entries, and a CA may have revoked a hundred thousand.

import { X509Certificate } from 'node:crypto';
import { CRL_REASONS, type CrlEntry, type CrlFacts, type CrlScope } from '#domain/crl-rules.ts';
import { err, ok } from '#domain/result.ts';
import { shown } from '#domain/shown.ts';
import type { ListProblem, RevocationListReader } from '#ports/revocation-lists.ts';
import { childrenOf, type Der, elementsOf, expectTag, hexOf, oidOf, TAG, timeOf } from './der.ts';
import { bytesOf, hasPrivateKey, pemBlocks } from './pem.ts';
import { nameText } from './x509-names.ts';
import { isSignedBy, signedOf } from './x509-signed.ts';

const EXTENSION = {
  number: '2.5.29.20',
  reason: '2.5.29.21',
  delta: '2.5.29.27',
  distributionPoint: '2.5.29.28',
  certificateIssuer: '2.5.29.29',
};

const isTime = (der: Der | undefined): der is Der => der?.tag === TAG.utcTime || der?.tag === TAG.generalizedTime;

type Extension = { readonly critical: boolean; readonly value: Uint8Array };

const extensionsIn = (list: Der | undefined): ReadonlyMap<string, Extension> => {
  const extensions = new Map<string, Extension>();
  for (const extension of list ? childrenOf(list, TAG.sequence) : []) {
    const [type, ...parts] = childrenOf(extension, TAG.sequence);
    const critical = parts.length > 1 && expectTag(parts[0], TAG.boolean).body[0] !== 0;
    const oid = oidOf(type);
    if (extensions.has(oid)) throw new TypeError(`extension ${oid} is there twice`);
    extensions.set(oid, { critical, value: expectTag(parts.at(-1), TAG.octetString).body });
  }
  return extensions;
};

const hasUnknown = (extensions: ReadonlyMap<string, Extension>, ...known: readonly string[]): boolean =>
  [...extensions].some(([oid, { critical }]) => critical && !known.includes(oid));

const reasonOf = ({ value }: Extension): string | null => {
  const [code] = expectTag(elementsOf(value)[0], TAG.enumerated).body;
  const reason = code === undefined ? undefined : CRL_REASONS[code];
  if (!reason) throw new TypeError(`an entry gives reason ${code}, which is none`);
  return reason;
};

type ReadEntry = { readonly entry: CrlEntry; readonly scope: CrlScope };

const entryOf = (der: Der): ReadEntry => {
  const [serial, revokedAt, list] = childrenOf(der, TAG.sequence);
  const extensions = extensionsIn(list);
  const reason = extensions.get(EXTENSION.reason);
  const scope = hasUnknown(extensions, EXTENSION.reason, EXTENSION.certificateIssuer) ? 'unknown' : 'full';
  return {
    entry: { serialNumber: hexOf(serial), revokedAt: timeOf(revokedAt), reason: reason ? reasonOf(reason) : null },
    scope: extensions.has(EXTENSION.certificateIssuer) ? 'indirect' : scope,
  };
};

/** Tags of IssuingDistributionPoint (RFC 5280 §5.2.5); where the list is to be had, and that it is of end entities, says nothing. */
const POINT = { onlyCas: 0x82, someReasons: 0x83, indirect: 0x84, onlyAttributes: 0x85 };

const pointScope = ({ value }: Extension): CrlScope => {
  const parts = childrenOf(elementsOf(value)[0], TAG.sequence);
  const says = (tag: number): boolean => parts.some((part) => part.tag === tag && part.body.some((byte) => byte !== 0));
  if (says(POINT.indirect)) return 'indirect';
  return says(POINT.onlyCas) || says(POINT.someReasons) || says(POINT.onlyAttributes) ? 'partial' : 'full';
};

const scopeOf = (extensions: ReadonlyMap<string, Extension>, entries: readonly ReadEntry[]): CrlScope => {
  if (extensions.has(EXTENSION.delta)) return 'delta';
  if (hasUnknown(extensions, EXTENSION.number, EXTENSION.distributionPoint)) return 'unknown';
  const point = extensions.get(EXTENSION.distributionPoint);
  const scope = point ? pointScope(point) : 'full';
  return scope === 'full' ? (entries.find((entry) => entry.scope !== 'full')?.scope ?? 'full') : scope;
};

const readDer = (der: Uint8Array, anchor: X509Certificate): CrlFacts => {
  const signed = signedOf(der);
  const fields = [...childrenOf(signed.value, TAG.sequence)];
  const takeIf = (is: (der: Der | undefined) => boolean) => (is(fields[0]) ? fields.shift() : undefined);
  // absent in a list of version 1, which has no extensions
  takeIf((field) => field?.tag === TAG.integer);
  fields.shift();
  const issuer = nameText(fields.shift());
  const thisUpdate = timeOf(fields.shift());
  const nextUpdate = takeIf(isTime);
  const revoked = takeIf((field) => field?.tag === TAG.sequence);
  const wrapper = takeIf((field) => field?.tag === TAG.explicit(0));
  if (fields.length > 0) throw new TypeError('something follows the extensions');

  const entries = revoked ? childrenOf(revoked, TAG.sequence).map(entryOf) : [];
  const extensions = extensionsIn(wrapper && elementsOf(wrapper.body)[0]);
  const number = extensions.get(EXTENSION.number);
  return {
    issuer,
    issuedByAnchor: issuer === nameText(subjectOf(anchor)),
    signedByAnchor: isSignedBy(signed, anchor.publicKey),
    signatureAlgorithm: signed.algorithm,
    scope: scopeOf(extensions, entries),
    number: number ? BigInt(`0x${hexOf(elementsOf(number.value)[0])}`).toString() : null,
    thisUpdate,
    nextUpdate: nextUpdate ? timeOf(nextUpdate) : null,
    entries: entries.map(({ entry }) => entry),
  };
};

/** The element itself: the same name may be written in another string type. */
const subjectOf = ({ raw }: X509Certificate): Der | undefined => {
  const fields = childrenOf(signedOf(raw).value, TAG.sequence);
  return fields[fields[0]?.tag === TAG.explicit(0) ? 5 : 4];
};

const problem = (code: ListProblem['code'], message: string) => err({ code, message });

/** Null when the text is neither PEM of one list nor base64. */
const derOf = (text: string): Buffer | null => {
  if (!text.includes('-----BEGIN ')) return bytesOf({ body: text.replace(/\s+/g, '') });
  const [block, ...more] = pemBlocks(text);
  return block?.label === 'X509 CRL' && more.length === 0 ? bytesOf(block) : null;
};

export const readRevocationList: RevocationListReader = (text, anchorPem) => {
  if (hasPrivateKey(text))
    return problem(
      'PRIVATE_KEY_IN_UPLOAD',
      'expected a certificate revocation list, got a private key; it was not kept: send the list alone, and consider the key disclosed',
    );
  // outside the try: an anchor that cannot be read is our fault
  const anchor = new X509Certificate(anchorPem);
  const der = derOf(text);
  if (!der) {
    const [block] = pemBlocks(text);
    return problem(
      'NOT_A_CRL',
      `expected one -----BEGIN X509 CRL----- or base64 of DER, got ${block ? `-----BEGIN ${shown(block.label)}-----` : 'other text'}: make one with \`openssl ca -gencrl\`, or take it from the CA`,
    );
  }
  try {
    return ok(readDer(der, anchor));
  } catch {
    return problem(
      'CRL_UNREADABLE',
      'the certificate revocation list cannot be read: it is damaged or no list; take it from the CA again',
    );
  }
};
