import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAnchorPem, readChain, x509CertificateReader } from '#adapters/x509-certificates.ts';
import { tenantName } from '#domain/ids.ts';
import { evaluate } from '#domain/onboarding.ts';
import type { ReadAnchor } from '#ports/certificate-reader.ts';
import {
  basicConstraints,
  extendedKeyUsage,
  issueDevice,
  keyUsage,
  makeTenantCa,
  type Subject,
  subjectKeyId,
  type TestCa,
} from '#support/certificates.ts';

const ca = makeTenantCa();
const rsaCa = makeTenantCa({ key: 'rsa-2048' });
/** same name as `ca`, another key */
const impostor = makeTenantCa();
const device = issueDevice(ca, { cn: 'device01' });

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

const factsOf = (options: Parameters<typeof issueDevice>[1], issuer: TestCa = ca) =>
  x509CertificateReader.readLeaf(issueDevice(issuer, options).pem, issuer.pem);

/** What the whole decision makes of a certificate under a good anchor and profile eu1. */
const decided = (options: Parameters<typeof issueDevice>[1], issuer: TestCa = ca, anchorPem = issuer.pem) => {
  const anchor = readAnchorPem(anchorPem);
  if (!anchor.ok) throw new TypeError(anchor.error.message);
  const { verdict } = evaluate({
    certificate: x509CertificateReader.readLeaf(issueDevice(issuer, options).pem, anchorPem),
    anchor: { state: 'ACTIVE', ...anchor.value },
    tenant: { name: tenantName('acme'), naming: 'eu1', admission: 'auto', userMatch: 'off' },
    listed: null,
    foreignTenant: null,
    user: null,
    operatorWord: null,
    deviceCauses: [],
    blocked: false,
    onCrl: false,
    now: Date.UTC(2026, 0, 31),
  });
  return verdict.kind === 'accept' ? verdict.clientId : verdict.reason;
};

describe('facts of a certificate', () => {
  it.each(['200101000000Z', '491231000000Z'])('X-04: are none when %s in it is made a time that is none', (time) => {
    const der = Buffer.from(device.pem.replace(/-----.*-----|\n/g, ''), 'base64');
    der.write('20XX', der.indexOf(time));
    const pem = `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`;
    expect(x509CertificateReader.readLeaf(pem, ca.pem)).toEqual({ unreadable: 'a time is none' });
  });

  it('X-05: reads an X.509 v1 leaf as openssl makes it', () => {
    const { raw, serialNumber, publicKey } = new X509Certificate(device.pem);
    const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
    expect(x509CertificateReader.readLeaf(device.pem, ca.pem)).toEqual({
      id: sha256(raw),
      serialNumber: serialNumber.toLowerCase().replace(/^0/, ''),
      publicKeyId: sha256(publicKey.export({ type: 'spki', format: 'der' })),
      subject: { cn: ['device01'], o: ['Acme'], ou: ['IT'], serialNumber: [] },
      issuedByAnchor: true,
      version: 1,
      validFrom: Date.UTC(2020, 0, 1),
      validTo: Date.UTC(2049, 11, 31),
      publicKey: { type: 'ec', curve: 'P-256' },
      signatureAlgorithm: 'ecdsa-sha256',
      isCa: false,
      extendedKeyUsage: null,
      keyUsage: null,
    });
  });

  it('X-05: reads the extensions of a v3 leaf', () => {
    const extensions = [basicConstraints(false), keyUsage(0, 2, 8), extendedKeyUsage(SERVER_AUTH, CLIENT_AUTH)];
    expect(factsOf({ cn: 'a', extensions })).toMatchObject({
      version: 3,
      isCa: false,
      keyUsage: ['digitalSignature', 'keyEncipherment', 'decipherOnly'],
      extendedKeyUsage: [SERVER_AUTH, CLIENT_AUTH],
    });
    expect(factsOf({ cn: 'a', extensions: [basicConstraints(true)] })).toMatchObject({ isCa: true, keyUsage: null });
    // FALSE written out, which DER forbids and some tools do
    const writtenOut = { oid: '2.5.29.19', value: Buffer.from([0x30, 0x03, 0x01, 0x01, 0x00]) };
    expect(factsOf({ cn: 'a', extensions: [writtenOut] })).toMatchObject({ isCa: false });
  });

  it('X-04: reads times after 2049', () => {
    expect(factsOf({ cn: 'a', validTo: new Date('2060-01-02T03:04:05Z') })).toMatchObject({
      validTo: Date.UTC(2060, 0, 2, 3, 4, 5),
    });
  });

  it('X-07: tells two certificates of one serial number apart', () => {
    const ids = ['a', 'b'].map((cn) => issueDevice(ca, { cn, serial: 1 }).id);
    expect(new Set(ids).size).toBe(2);
  });

  it.each([
    [1, '1'],
    [0x7f, '7f'],
    [0x0a, 'a'],
    [0xab, 'ab'],
    [0, '0'],
  ])('X-07: reads the serial number %i as %s, without leading zeros', (serial, serialNumber) => {
    expect(factsOf({ cn: 'a', serial })).toMatchObject({ serialNumber });
  });

  it('J-11: knows two certificates of one key by it, and another key for another', () => {
    const key = createPrivateKey(device.keyPem);
    const [first, renewed, other] = [
      { cn: 'device01', key },
      { cn: 'device01', key, serial: 7 },
      { cn: 'device01' },
    ].map((options) => {
      const facts = factsOf(options);
      return 'publicKeyId' in facts ? facts.publicKeyId : null;
    });
    expect(renewed).toBe(first);
    expect(renewed).toMatch(/^[0-9a-f]{64}$/);
    expect(other).not.toBe(first);
  });

  it('X-08: takes the CN from its own attribute, whatever stands in the others', () => {
    const subject: Subject = [
      ['O', 'Smart Factory, Inc. CN=evil'],
      ['CN', 'device01'],
      ['OU', 'a\nCN=evil'],
      {
        rdn: [
          ['serialNumber', 'CN=evil'],
          ['L', 'Ulm'],
        ],
      },
    ];
    expect(factsOf({ subject })).toMatchObject({
      subject: {
        cn: ['device01'],
        o: ['Smart Factory, Inc. CN=evil'],
        ou: ['a\nCN=evil'],
        serialNumber: ['CN=evil'],
      },
    });
  });

  it.each([
    ['sha256', 'rsa-sha256'],
    ['sha384', 'rsa-sha384'],
    ['sha512', 'rsa-sha512'],
    ['sha1', 'rsa-sha1'],
    ['md5', 'rsa-md5'],
    ['pss', 'rsa-pss-sha256'],
    ['pss-default', 'rsa-pss-sha1'],
    ['sha224', '1.2.840.113549.1.1.14'],
  ] as const)('X-06: names the signature algorithm of RSA with %s %s', (digest, name) => {
    expect(factsOf({ cn: 'a', digest }, rsaCa)).toMatchObject({ signatureAlgorithm: name, issuedByAnchor: true });
  });

  it.each([
    ['rsa-1024', { type: 'rsa', bits: 1_024 }],
    ['p384', { type: 'ec', curve: 'P-384' }],
    ['p521', { type: 'ec', curve: 'P-521' }],
    ['secp256k1', { type: 'ec', curve: 'secp256k1' }],
    ['ed25519', { type: 'other', name: 'ed25519' }],
  ] as const)('X-06: reads a %s key, and the process survives it', (key, publicKey) => {
    expect(factsOf({ cn: 'a', key })).toMatchObject({ publicKey });
  });
});

describe('who signed a certificate', () => {
  it('X-03: knows a CA of the same name and another key for another CA', () => {
    expect(x509CertificateReader.readLeaf(device.pem, impostor.pem)).toMatchObject({ issuedByAnchor: false });
  });

  it('X-03: knows the same key under another name for another CA', () => {
    const renamed = { ...ca, name: makeTenantCa({ subject: [['CN', 'other-ca']] }).name };
    expect(x509CertificateReader.readLeaf(issueDevice(renamed, { cn: 'a' }).pem, ca.pem)).toMatchObject({
      issuedByAnchor: false,
    });
  });

  it('CA-09: takes the issuing intermediate as anchor, and not the root above it', () => {
    const intermediate = makeTenantCa({ subject: [['CN', 'acme-line-1']], issuer: ca });
    expect(decided({ cn: 'device01' }, intermediate)).toBe('acme_device01');
    expect(decided({ cn: 'device01' }, intermediate, ca.pem)).toBe('CA_UNKNOWN');
  });

  it('CA-08: gives a CA whose name is that of a device or a tenant no other meaning', () => {
    for (const cn of ['x', 'device01', 'globex'])
      expect(decided({ cn: 'device01' }, makeTenantCa({ subject: [['CN', cn]] }))).toBe('acme_device01');
  });

  it('does not blame the device for an anchor that cannot be read', () => {
    expect(() => x509CertificateReader.readLeaf(device.pem, 'nonsense')).toThrow('expected a PEM certificate');
  });
});

describe('awkward certificates', () => {
  it.each<[string, Subject, string]>([
    ['one CN', [['CN', 'device01']], 'acme_device01'],
    [
      'a CN between others',
      [
        ['O', 'x'],
        ['CN', 'device01'],
        ['C', 'DE'],
      ],
      'acme_device01',
    ],
    ['a CN of 64 characters', [['CN', 'x'.repeat(64)]], `acme_${'x'.repeat(64)}`],
    ['a PrintableString', [['CN', 'device01', 'printable']], 'acme_device01'],
    ['a BMPString', [['CN', 'device01', 'bmp']], 'acme_device01'],
    ['a UniversalString', [['CN', 'device01', 'universal']], 'acme_device01'],
    ['a TeletexString', [['CN', 'device01', 'teletex']], 'acme_device01'],
    ['no CN', [['O', 'Acme']], 'CN_MISSING'],
    ['an empty subject', [], 'CN_MISSING'],
    ['an empty CN', [['CN', '']], 'CN_MISSING'],
    [
      'two CNs',
      [
        ['CN', 'a'],
        ['CN', 'b'],
      ],
      'CN_MULTIPLE',
    ],
    [
      'two CNs in one RDN',
      [
        {
          rdn: [
            ['CN', 'a'],
            ['CN', 'b'],
          ],
        },
      ],
      'CN_MULTIPLE',
    ],
    [
      'a CN and an empty one',
      [
        ['CN', 'a'],
        ['CN', ''],
      ],
      'CN_MULTIPLE',
    ],
    ['65 characters', [['CN', 'x'.repeat(65)]], 'CN_TOO_LONG'],
    ['NUL', [['CN', 'a\0b']], 'CN_CHARSET'],
    ['a comma', [['CN', 'a,CN=b']], 'CN_CHARSET'],
    ['#', [['CN', 'a#']], 'CN_CHARSET'],
    ['+', [['CN', 'a+CN=b']], 'CN_CHARSET'],
    ['*', [['CN', '*']], 'CN_CHARSET'],
    ['a policy variable', [['CN', `\${iot:ClientId}`]], 'CN_CHARSET'],
    ['a newline', [['CN', 'a\nCN=b']], 'CN_CHARSET'],
    ['a dot', [['CN', 'a.b']], 'CN_CHARSET'],
    ['a right-to-left mark', [['CN', '\u202ea']], 'CN_CHARSET'],
    ['a byte order mark', [['CN', '\ufeffa']], 'CN_CHARSET'],
    ['letters of other scripts in a BMPString', [['CN', 'ä', 'bmp']], 'CN_CHARSET'],
    ['an emoji in a UniversalString', [['CN', '😀', 'universal']], 'CN_CHARSET'],
    ['invalid UTF-8', [['CN', Buffer.from([0x61, 0xff])]], 'CERT_UNREADABLE'],
    ['overlong UTF-8', [['CN', Buffer.from([0xc1, 0xa1])]], 'CERT_UNREADABLE'],
    ['half a character of a BMPString', [['CN', Buffer.from([0x00]), 'bmp']], 'CERT_UNREADABLE'],
    ['an INTEGER', [['CN', Buffer.from([0x61]), 'integer']], 'CERT_UNREADABLE'],
    ['a BIT STRING', [['CN', Buffer.from([0x00, 0x61]), 'bits']], 'CERT_UNREADABLE'],
  ])('N-07: decides on %s', (_, subject, expected) => {
    expect(decided({ subject })).toBe(expected);
  });

  it.each<[string, Parameters<typeof issueDevice>[1], string]>([
    ['X-04', { cn: 'a', validTo: new Date('2026-01-30') }, 'CERT_EXPIRED'],
    ['X-04', { cn: 'a', validFrom: new Date('2026-02-01') }, 'CERT_NOT_YET_VALID'],
    ['X-05', { cn: 'a', extensions: [basicConstraints(true)] }, 'CERT_IS_CA'],
    ['X-05', { cn: 'a', extensions: [extendedKeyUsage(SERVER_AUTH)] }, 'EKU'],
    ['X-05', { cn: 'a', extensions: [extendedKeyUsage(CLIENT_AUTH)] }, 'acme_a'],
    ['X-05', { cn: 'a', extensions: [keyUsage(2)] }, 'KEY_USAGE'],
    ['X-05', { cn: 'a', extensions: [keyUsage()] }, 'KEY_USAGE'],
    ['X-05', { cn: 'a', extensions: [keyUsage(0)] }, 'acme_a'],
    ['X-06', { cn: 'a', key: 'rsa-1024' }, 'KEY_TOO_SMALL'],
    ['X-06', { cn: 'a', key: 'rsa-2048' }, 'acme_a'],
    ['X-06', { cn: 'a', key: 'secp256k1' }, 'KEY_TYPE'],
    ['X-06', { cn: 'a', key: 'ed25519' }, 'KEY_TYPE'],
    ['X-06', { cn: 'a', digest: 'sha1' }, 'SIG_ALG_WEAK'],
    ['X-06', { cn: 'a', digest: 'sha224' }, 'SIG_ALG_UNSUPPORTED'],
    ['X-06', { cn: 'a', digest: 'pss' }, 'acme_a'],
    ['X-06', { cn: 'a', digest: 'pss-default' }, 'SIG_ALG_WEAK'],
  ])('%s: decides on %j: %s', (_, options, expected) => {
    expect(decided(options, rsaCa)).toBe(expected);
  });

  it('X-03: calls a signature unsupported that OpenSSL checks and AWS does not', () => {
    expect(decided({ cn: 'a' }, makeTenantCa({ key: 'ed25519' }))).toBe('SIG_ALG_UNSUPPORTED');
  });

  it.each([
    ['an extension that is there twice', [keyUsage(0), keyUsage(2)], 'extension 2.5.29.15 is there twice'],
    [
      'an extension that is no DER',
      [{ oid: '2.5.29.37', value: Buffer.from([0x30, 0x05]) }],
      'a DER element is longer than what holds it',
    ],
    [
      'a Key Usage of another type',
      [{ oid: '2.5.29.15', value: Buffer.from([0x05, 0x00]) }],
      'expected DER tag 3, got 5',
    ],
    ['an extension that is empty', [{ oid: '2.5.29.15', value: Buffer.alloc(0) }], 'expected DER tag 3, got nothing'],
  ])('X-05: cannot read %s, and says so', (_, extensions, unreadable) => {
    expect(factsOf({ cn: 'a', extensions })).toEqual({ unreadable });
  });

  it('X-02: makes a value of whatever is no certificate', () => {
    const unreadable = expect.stringMatching(/^(expected a PEM certificate|not the DER of a certificate, .*)$/);
    for (const pem of ['', device.keyPem, device.pem.slice(0, 200), device.pem.replace('MI', '!!')])
      expect(x509CertificateReader.readLeaf(pem, ca.pem)).toEqual({ unreadable });
    const empty = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    expect(x509CertificateReader.readLeaf(empty, ca.pem)).toEqual({ unreadable });
  });

  it('X-02: never throws, whatever byte of a certificate is changed', () => {
    const der = Buffer.from(device.pem.replace(/-----.*-----|\n/g, ''), 'base64');
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.nat(255), (at, byte) => {
        const changed = Buffer.from(der);
        changed[at] = byte;
        const pem = `-----BEGIN CERTIFICATE-----\n${changed.toString('base64')}\n-----END CERTIFICATE-----\n`;
        const facts = x509CertificateReader.readLeaf(pem, ca.pem);
        // whatever was changed, nobody signed it
        return 'unreadable' in facts || changed.equals(der) || !facts.issuedByAnchor;
      }),
      { numRuns: 1_000 },
    );
  });
});

const codeOf = (result: { readonly ok: boolean; readonly error?: { readonly code: string } }) =>
  result.ok ? 'ok' : result.error?.code;

describe('a trust anchor in a file', () => {
  it('CA-02: is read as openssl makes it', () => {
    expect(readAnchorPem(`# our CA\r\n${ca.pem.replaceAll('\n', '\r\n')}`)).toEqual({
      ok: true,
      value: {
        id: ca.id,
        subject: 'C=DE, O=Acme, CN=acme-ca',
        validFrom: Date.UTC(2020, 0, 1),
        validTo: Date.UTC(2049, 11, 31),
        publicKey: { type: 'ec', curve: 'P-256' },
        signatureAlgorithm: 'ecdsa-sha256',
        isCa: true,
        keyUsage: null,
        hasSubjectKeyId: false,
        selfSigned: true,
        pem: ca.pem,
      },
    });
  });

  it.each([
    ['nothing', '', 'NOT_PEM'],
    ['DER', Buffer.from(ca.pem.replace(/-----.*-----|\n/g, ''), 'base64').toString('latin1'), 'NOT_PEM'],
    ['garbage', 'hello', 'NOT_PEM'],
    ['a block that is cut short', ca.pem.slice(0, -30), 'NOT_PEM'],
    ['a good block after one that is cut short', `${device.pem.slice(0, 100)}\n${ca.pem}`, 'NOT_PEM'],
    ['a private key', ca.keyPem, 'PRIVATE_KEY_IN_UPLOAD'],
    ['a private key beside the CA', ca.pem + ca.keyPem, 'PRIVATE_KEY_IN_UPLOAD'],
    ['a private key that is cut short', ca.pem + ca.keyPem.slice(0, 60), 'PRIVATE_KEY_IN_UPLOAD'],
    [
      'a private key of the older form',
      ca.pem + ca.keyPem.replaceAll('PRIVATE', 'EC PRIVATE'),
      'PRIVATE_KEY_IN_UPLOAD',
    ],
    ['a signing request', ca.pem.replaceAll('CERTIFICATE', 'CERTIFICATE REQUEST'), 'NOT_A_CERTIFICATE'],
    ['two certificates', ca.pem + impostor.pem, 'MORE_THAN_ONE_CERTIFICATE'],
    ['base64 of something else', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----', 'CERT_UNREADABLE'],
    ['no base64', '-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----', 'CERT_UNREADABLE'],
    ['an empty block', '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----', 'CERT_UNREADABLE'],
  ])('CA-02: refuses %s', (_, text, code) => {
    expect(codeOf(readAnchorPem(text))).toBe(code);
  });

  it.each<[string, Partial<ReadAnchor>, string]>([
    ['a leaf', { isCa: false }, device.pem],
    ['a v3 leaf', { isCa: false }, issueDevice(ca, { cn: 'a', extensions: [basicConstraints(false)] }).pem],
    ['an empty subject', { subject: '' }, makeTenantCa({ subject: [] }).pem],
    ['an empty CN', { subject: 'CN=' }, makeTenantCa({ subject: [['CN', '']] }).pem],
    ['an RSA key', { publicKey: { type: 'rsa', bits: 1_024 } }, makeTenantCa({ key: 'rsa-1024' }).pem],
    ['a SHA-1 signature', { signatureAlgorithm: 'ecdsa-sha1' }, makeTenantCa({ digest: 'sha1' }).pem],
    [
      'a Key Usage and a Subject Key Identifier',
      { keyUsage: ['keyCertSign', 'cRLSign'], hasSubjectKeyId: true },
      makeTenantCa({ extensions: [basicConstraints(true), keyUsage(5, 6), subjectKeyId()] }).pem,
    ],
    ['an intermediate', { selfSigned: false }, makeTenantCa({ subject: [['CN', 'line']], issuer: ca }).pem],
    ['one that another CA of its name signed', { selfSigned: false }, makeTenantCa({ issuer: impostor }).pem],
  ])('CA-05: is read with what its rules ask for: %s', (_, facts, pem) => {
    expect(readAnchorPem(pem)).toMatchObject({ ok: true, value: facts });
  });

  it('R-06: does not repeat a private key in what it answers', () => {
    const [, secret = ''] = ca.keyPem.split('\n');
    expect(secret.length).toBeGreaterThan(20);
    expect(JSON.stringify(readAnchorPem(ca.pem + ca.keyPem))).not.toContain(secret.slice(0, 20));
  });

  it('CA-02: says what was expected, what came and what to do', () => {
    expect(readAnchorPem(ca.pem.replaceAll('CERTIFICATE', 'CERTIFICATE REQUEST'))).toMatchObject({
      error: {
        message:
          'expected -----BEGIN CERTIFICATE-----, got -----BEGIN CERTIFICATE REQUEST-----: send the signed certificate',
      },
    });
  });
});

describe('a chain file', () => {
  it('X-01: is the leaf, then the CA; a leaf alone will do (J-10)', () => {
    expect(readChain(device.chainPem)).toEqual({ ok: true, value: { leafPem: device.pem, rest: [ca.pem] } });
    expect(readChain(device.pem)).toEqual({ ok: true, value: { leafPem: device.pem, rest: [] } });
  });

  it('X-01: tolerates CRLF and text around the blocks', () => {
    const text = `subject=CN = device01\r\n${device.pem.replaceAll('\n', '\r\n')}\r\nissuer:\r\n${ca.pem}`;
    expect(readChain(text)).toEqual(readChain(device.chainPem));
  });

  it('X-01: goes on to the CA of the CA', () => {
    const intermediate = makeTenantCa({ subject: [['CN', 'acme-line-1']], issuer: ca });
    const leaf = issueDevice(intermediate, { cn: 'a' });
    expect(readChain(leaf.chainPem + ca.pem)).toMatchObject({ ok: true, value: { rest: [intermediate.pem, ca.pem] } });
    expect(codeOf(readChain(leaf.chainPem + impostor.pem))).toBe('CHAIN_BROKEN');
  });

  it.each([
    ['the CA first', ca.pem + device.pem, 'CHAIN_ORDER'],
    ['a CA of the same name', device.pem + impostor.pem, 'CHAIN_BROKEN'],
    ['a leaf where the CA belongs', device.pem + issueDevice(ca, { cn: 'b' }).pem, 'CHAIN_BROKEN'],
    ['a private key', device.chainPem + device.keyPem, 'PRIVATE_KEY_IN_UPLOAD'],
    [
      'a CA that cannot be read',
      `${device.pem}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----`,
      'CERT_UNREADABLE',
    ],
    ['no PEM', 'hello', 'NOT_PEM'],
  ])('X-01: refuses %s', (_, text, code) => {
    expect(codeOf(readChain(text))).toBe(code);
  });

  it('X-01: leaves a leaf that cannot be read, or is a CA, to the verdict', () => {
    const odd = issueDevice(ca, { subject: [['CN', Buffer.from([0xff])]] });
    expect(readChain(odd.chainPem)).toEqual({ ok: true, value: { leafPem: odd.pem, rest: [ca.pem] } });
    expect(readChain(ca.pem)).toEqual({ ok: true, value: { leafPem: ca.pem, rest: [] } });
  });
});
