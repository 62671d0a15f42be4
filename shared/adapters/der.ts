// Reads DER (X.690), as far as it is needed for what node:crypto does not show of certificates, or does not read at all.

export type Der = { readonly tag: number; readonly body: Uint8Array };

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  enumerated: 0x0a,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  /** context-specific and constructed, as EXPLICIT tags are */
  explicit: (number: number): number => 0xa0 + number,
} as const;

/** The bytes are not DER, or not what was expected there. */
class DerError extends Error {
  override readonly name = 'DerError';
}

const byteAt = (bytes: Uint8Array, at: number): number => {
  const byte = bytes[at];
  if (byte === undefined) throw new DerError('the DER ends within an element');
  return byte;
};

const elementAt = (bytes: Uint8Array, start: number): { readonly der: Der; readonly end: number } => {
  const tag = byteAt(bytes, start);
  if ((tag & 0x1f) === 0x1f) throw new DerError('expected a DER tag of one byte');
  let length = byteAt(bytes, start + 1);
  let at = start + 2;
  if (length >= 0x80) {
    const size = length - 0x80;
    length = 0;
    for (const end = at + size; at < end; at += 1) length = length * 0x100 + byteAt(bytes, at);
    // X.690 §10.1: DER lengths are definite and as short as can be
    if (length < 0x80 || length < 0x100 ** (size - 1)) throw new DerError('a DER length is not in its shortest form');
  }
  if (length > bytes.length - at) throw new DerError('a DER element is longer than what holds it');
  return { der: { tag, body: bytes.subarray(at, at + length) }, end: at + length };
};

/** The elements that follow each other in these bytes. @throws DerError when they are not DER */
export const elementsOf = (bytes: Uint8Array): readonly Der[] => {
  const elements: Der[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { der, end } = elementAt(bytes, at);
    elements.push(der);
    at = end;
  }
  return elements;
};

/** @throws DerError when there is no element, or one of another tag */
export const expectTag = (der: Der | undefined, tag: number): Der => {
  if (der?.tag !== tag) throw new DerError(`expected DER tag ${tag}, got ${der?.tag ?? 'nothing'}`);
  return der;
};

/** The elements within one that must have this tag. @throws DerError */
export const childrenOf = (der: Der | undefined, tag: number): readonly Der[] => elementsOf(expectTag(der, tag).body);

/**
 * The bytes of an INTEGER as serial numbers are kept: lower-case hex without leading zeros. A CA that makes them without a
 * leading 00 has negative ones, which node:crypto gives as the digits of their absolute value. @throws DerError
 */
export const hexOf = (der: Der | undefined): string =>
  Buffer.from(expectTag(der, TAG.integer).body)
    .toString('hex')
    .replace(/^0+(?=.)/, '');

/** Dotted form of an OBJECT IDENTIFIER (X.690 §8.19). @throws DerError */
export const oidOf = (der: Der | undefined): string => {
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of expectTag(der, TAG.objectIdentifier).body) {
    arc = arc * 0x80 + (byte & 0x7f);
    if (byte < 0x80) {
      arcs.push(arc);
      arc = 0;
    }
  }
  const [joined = 0, ...rest] = arcs;
  const first = Math.min(Math.floor(joined / 40), 2);
  return [first, joined - 40 * first, ...rest].join('.');
};

/**
 * Epoch milliseconds of a UTCTime, whose years are from 1950 to 2049, or a GeneralizedTime: in UTC and to the second, as
 * certificates and revocation lists have them (X.690 §11.7, §11.8; RFC 5280 §4.1.2.5). Not read by node:crypto: of what is
 * no time OpenSSL gives whatever stood in memory.
 * @throws DerError
 */
export const timeOf = (der: Der | undefined): number => {
  const text = Buffer.from(der?.body ?? []).toString('latin1');
  const century = der?.tag === TAG.utcTime ? (text < '50' ? '20' : '19') : '';
  if (century === '') expectTag(der, TAG.generalizedTime);
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(century + text) ?? [];
  const [year, month, day, hour, minute, second] = parts;
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const time = new Date(iso);
  // a 30th of February is parsed as a day of March
  if (Number.isNaN(time.getTime()) || time.toISOString() !== iso) throw new DerError('a time is none');
  return time.getTime();
};
