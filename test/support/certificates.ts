// Makes CAs and device certificates, byte by byte: libraries refuse most of the awkward ones, and all of X.509 v1.

import {
  constants,
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { type AnchorId, anchorId, type CertificateId, certificateId } from '#domain/ids.ts';

const ATTRIBUTES = {
  CN: '2.5.4.3',
  serialNumber: '2.5.4.5',
  C: '2.5.4.6',
  L: '2.5.4.7',
  ST: '2.5.4.8',
  O: '2.5.4.10',
  OU: '2.5.4.11',
} as const;
/** String types of X.680 §41, and INTEGER and BIT STRING, which no CN may have. */
const ENCODINGS = {
  utf8: 0x0c,
  printable: 0x13,
  teletex: 0x14,
  universal: 0x1c,
  bmp: 0x1e,
  integer: 0x02,
  bits: 0x03,
} as const;

/** `['CN', 'device01']`; bytes are taken as they are. UTF-8 unless another encoding is named. */
export type Attribute = readonly [
  type: keyof typeof ATTRIBUTES,
  value: string | Uint8Array,
  encoding?: keyof typeof ENCODINGS,
];
/** One RDN an entry; several attributes in one RDN under `rdn`. */
export type Subject = readonly (Attribute | { readonly rdn: readonly Attribute[] })[];
export type Extension = { readonly oid: string; readonly value: Uint8Array; readonly critical?: boolean };
export type KeyKind = 'rsa-1024' | 'rsa-2048' | 'p256' | 'p384' | 'p521' | 'secp256k1' | 'ed25519';
type Digest = 'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';

type Issuer = { readonly name: Uint8Array; readonly key: KeyObject };
type Options = {
  readonly subject: Subject;
  /** a private key when it is to be that very one: a CA under another name keeps its key */
  readonly key?: KeyKind | KeyObject;
  /** with which the issuer signs; `pss` is RSASSA-PSS with SHA-256, `pss-default` with SHA-1, which its parameters imply */
  readonly digest?: Digest | 'pss' | 'pss-default';
  readonly validFrom?: Date;
  readonly validTo?: Date;
  readonly serial?: number;
  /** null makes an X.509 v1 certificate */
  readonly extensions?: readonly Extension[] | null;
};

export type TestCa = Issuer & { readonly id: AnchorId; readonly pem: string; readonly keyPem: string };
export type TestDevice = {
  readonly id: CertificateId;
  readonly pem: string;
  readonly keyPem: string;
  /** leaf, then CA */
  readonly chainPem: string;
};

const element = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  const size = Buffer.from(body.length.toString(16).padStart(body.length > 0xff ? 4 : 2, '0'), 'hex');
  const length = body.length < 0x80 ? size : Buffer.concat([Buffer.from([0x80 + size.length]), size]);
  return Buffer.concat([Buffer.from([tag]), length, body]);
};
const sequence = (...parts: readonly Uint8Array[]): Buffer => element(0x30, ...parts);
const boolean = (value: boolean): Buffer => element(0x01, Buffer.from([value ? 0xff : 0]));
const integer = (value: Uint8Array): Buffer =>
  element(0x02, (value[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), value]) : value);
const bitString = (bytes: Uint8Array, unused = 0): Buffer => element(0x03, Buffer.from([unused]), bytes);
const NULL = element(0x05);

const oid = (dotted: string): Buffer => {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const groups = [arc & 0x7f];
    for (let more = Math.floor(arc / 0x80); more > 0; more = Math.floor(more / 0x80))
      groups.unshift(0x80 + (more & 0x7f));
    return groups;
  });
  return element(0x06, Buffer.from(bytes));
};

const text = (value: string | Uint8Array, encoding: keyof typeof ENCODINGS): Buffer => {
  if (typeof value !== 'string') return Buffer.from(value);
  if (encoding === 'bmp') return Buffer.from(value, 'utf16le').swap16();
  if (encoding === 'universal')
    return Buffer.concat(
      [...value].map((character) => {
        const bytes = Buffer.alloc(4);
        bytes.writeUInt32BE(character.codePointAt(0) ?? 0);
        return bytes;
      }),
    );
  return Buffer.from(value, encoding === 'teletex' ? 'latin1' : 'utf8');
};

const attribute = ([type, value, encoding = 'utf8']: Attribute): Buffer =>
  sequence(oid(ATTRIBUTES[type]), element(ENCODINGS[encoding], text(value, encoding)));

const name = (subject: Subject): Buffer =>
  sequence(...subject.map((entry) => element(0x31, ...('rdn' in entry ? entry.rdn : [entry]).map(attribute))));

const time = (date: Date): Buffer => {
  const digits = date.toISOString().replace(/[-:T]|\..*$/g, '');
  // RFC 5280 §4.1.2.5: UTCTime through 2049
  return date.getUTCFullYear() < 2050
    ? element(0x17, Buffer.from(`${digits.slice(2)}Z`))
    : element(0x18, Buffer.from(`${digits}Z`));
};

export const basicConstraints = (ca: boolean): Extension => ({
  oid: '2.5.29.19',
  value: ca ? sequence(boolean(true)) : sequence(),
  critical: true,
});
/** @param bits numbers of RFC 5280 §4.2.1.3: 0 digitalSignature, 2 keyEncipherment, 5 keyCertSign */
export const keyUsage = (...bits: readonly number[]): Extension => {
  const bytes = Buffer.alloc(Math.floor(Math.max(0, ...bits) / 8) + 1);
  for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  return { oid: '2.5.29.15', value: bitString(bytes), critical: true };
};
export const subjectKeyId = (): Extension => ({ oid: '2.5.29.14', value: element(0x04, randomBytes(20)) });
export const extendedKeyUsage = (...purposes: readonly string[]): Extension => ({
  oid: '2.5.29.37',
  value: sequence(...purposes.map(oid)),
});

const extension = ({ oid: id, value, critical = false }: Extension): Buffer =>
  sequence(oid(id), ...(critical ? [boolean(true)] : []), element(0x04, value));

const newKey = (kind: KeyKind): KeyObject => {
  if (kind === 'ed25519') return generateKeyPairSync(kind).privateKey;
  if (kind === 'rsa-1024' || kind === 'rsa-2048')
    return generateKeyPairSync('rsa', { modulusLength: Number(kind.slice(4)) }).privateKey;
  return generateKeyPairSync('ec', { namedCurve: kind === 'secp256k1' ? kind : `P-${kind.slice(1)}` }).privateKey;
};

const RSA_SIGNATURES: Readonly<Record<Digest, string>> = {
  md5: '1.2.840.113549.1.1.4',
  sha1: '1.2.840.113549.1.1.5',
  sha224: '1.2.840.113549.1.1.14',
  sha256: '1.2.840.113549.1.1.11',
  sha384: '1.2.840.113549.1.1.12',
  sha512: '1.2.840.113549.1.1.13',
};
const EC_SIGNATURES: Readonly<Partial<Record<Digest, string>>> = {
  sha1: '1.2.840.10045.4.1',
  sha256: '1.2.840.10045.4.3.2',
  sha384: '1.2.840.10045.4.3.3',
  sha512: '1.2.840.10045.4.3.4',
};
const SHA_256 = '2.16.840.1.101.3.4.2.1';
const PSS_PARAMETERS = sequence(
  element(0xa0, sequence(oid(SHA_256), NULL)),
  element(0xa1, sequence(oid('1.2.840.113549.1.1.8'), sequence(oid(SHA_256), NULL))),
  element(0xa2, integer(Buffer.from([32]))),
);

const signer = (key: KeyObject, digest: Digest | 'pss' | 'pss-default') => {
  if (key.asymmetricKeyType === 'ed25519')
    return { algorithm: sequence(oid('1.3.101.112')), of: (bytes: Uint8Array) => sign(null, bytes, key) };
  if (digest === 'pss' || digest === 'pss-default') {
    const [hash, saltLength, parameters] =
      digest === 'pss' ? (['sha256', 32, PSS_PARAMETERS] as const) : (['sha1', 20, sequence()] as const);
    const options = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
    return {
      algorithm: sequence(oid('1.2.840.113549.1.1.10'), parameters),
      of: (bytes: Uint8Array) => sign(hash, bytes, options),
    };
  }
  const rsa = key.asymmetricKeyType === 'rsa';
  const id = rsa ? RSA_SIGNATURES[digest] : EC_SIGNATURES[digest];
  if (id === undefined) throw new TypeError(`no signature algorithm for ${key.asymmetricKeyType} with ${digest}`);
  return {
    algorithm: rsa ? sequence(oid(id), NULL) : sequence(oid(id)),
    of: (bytes: Uint8Array) => sign(digest, bytes, key),
  };
};

const pemOf = (der: Uint8Array): string =>
  `-----BEGIN CERTIFICATE-----\n${Buffer.from(der)
    .toString('base64')
    .replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`;

const issue = (options: Options, issuer: Issuer | null) => {
  const { key = 'p256' } = options;
  const privateKey = typeof key === 'string' ? newKey(key) : key;
  const subject = name(options.subject);
  const by = signer(issuer?.key ?? privateKey, options.digest ?? 'sha256');
  const { extensions = null, serial } = options;
  const signed = sequence(
    ...(extensions ? [element(0xa0, integer(Buffer.from([2])))] : []),
    integer(serial === undefined ? Buffer.concat([Buffer.from([1]), randomBytes(15)]) : Buffer.from([serial])),
    by.algorithm,
    issuer?.name ?? subject,
    sequence(time(options.validFrom ?? new Date('2020-01-01')), time(options.validTo ?? new Date('2049-12-31'))),
    subject,
    createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
    ...(extensions ? [element(0xa3, sequence(...extensions.map(extension)))] : []),
  );
  const der = sequence(signed, by.algorithm, bitString(by.of(signed)));
  return {
    der,
    name: subject,
    key: privateKey,
    pem: pemOf(der),
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    fingerprint: createHash('sha256').update(der).digest('hex'),
  };
};

/** A CA as `openssl req -x509` makes one: v3, CA:TRUE, no Key Usage. `issuer` makes an intermediate CA. */
export const makeTenantCa = (options: Partial<Options> & { readonly issuer?: TestCa } = {}): TestCa => {
  const {
    key,
    name: subject,
    pem,
    keyPem,
    fingerprint,
  } = issue(
    {
      subject: [
        ['C', 'DE'],
        ['O', 'Acme'],
        ['CN', 'acme-ca'],
      ],
      extensions: [basicConstraints(true)],
      ...options,
    },
    options.issuer ?? null,
  );
  return { key, name: subject, pem, keyPem, id: anchorId(fingerprint) };
};

/**
 * A device certificate as `openssl x509 -req` makes one by default: X.509 v1, no extension. The key is EC P-256, which
 * is made a hundred times faster than RSA.
 */
export const issueDevice = (
  ca: TestCa,
  options: (Omit<Options, 'subject'> & { readonly cn: string }) | Options,
): TestDevice => {
  const subject: Subject =
    'cn' in options
      ? [
          ['C', 'DE'],
          ['O', 'Acme'],
          ['OU', 'IT'],
          ['CN', options.cn],
        ]
      : options.subject;
  const { pem, keyPem, fingerprint } = issue({ ...options, subject }, ca);
  return { pem, keyPem, chainPem: pem + ca.pem, id: certificateId(fingerprint) };
};
