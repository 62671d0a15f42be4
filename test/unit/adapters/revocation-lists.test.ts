// Certificate revocation lists of a foreign library, and what is no list.

import { sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readRevocationList } from '#adapters/revocation-lists.ts';
import { x509CertificateReader } from '#adapters/x509-certificates.ts';
import { issueDevice, makeTenantCa } from '#support/certificates.ts';
import { type ListOptions, listPem, makeRevocationList, REASON } from '#support/revocation-lists.ts';

const ca = makeTenantCa();
const read = async (options: ListOptions = {}, anchor = ca) => {
  const result = readRevocationList(listPem(await makeRevocationList(ca, options)), anchor.pem);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
};
const problem = (text: string) => {
  const result = readRevocationList(text, ca.pem);
  if (result.ok) throw new Error('expected a problem');
  return result.error;
};
const hex = (text: string) => Buffer.from(text, 'hex');

/** DER by hand. */
const der = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  const digits = body.length.toString(16);
  const length = hex(digits.padStart(digits.length + (digits.length % 2), '0'));
  return Buffer.concat([Buffer.from([tag, ...(body.length < 0x80 ? [] : [0x80 + length.length])]), length, body]);
};

const ALGORITHM = der(0x30, hex('06082a8648ce3d040302'));
const TIME = der(0x17, Buffer.from('260101000000Z'));
const byHand = (entries: readonly Buffer[], algorithm = ALGORITHM): Buffer => {
  const signed = der(0x30, der(2, hex('01')), algorithm, ca.name, TIME, der(0x30, ...entries));
  return der(0x30, signed, algorithm, der(3, hex('00'), sign('sha256', signed, ca.key)));
};

describe('a revocation list', () => {
  it('says who issued it, when, its number, and each serial number with date and reason', async () => {
    const list = await read({
      serials: ['0a1b', { serial: '00ff', reason: REASON.keyCompromise }, { serial: '07', reason: 6 }],
      number: 7,
      thisUpdate: new Date('2026-01-01T00:00:00Z'),
      nextUpdate: new Date('2051-02-03T04:05:06Z'),
    });
    expect(list).toEqual({
      issuer: 'C=DE, O=Acme, CN=acme-ca',
      issuedByAnchor: true,
      signedByAnchor: true,
      signatureAlgorithm: 'ecdsa-sha256',
      scope: 'full',
      number: '7',
      thisUpdate: Date.parse('2026-01-01T00:00:00Z'),
      nextUpdate: Date.parse('2051-02-03T04:05:06Z'),
      entries: [
        { serialNumber: 'a1b', revokedAt: Date.parse('2025-12-01T00:00:00Z'), reason: null },
        { serialNumber: 'ff', revokedAt: Date.parse('2025-12-01T00:00:00Z'), reason: 'keyCompromise' },
        { serialNumber: '7', revokedAt: Date.parse('2025-12-01T00:00:00Z'), reason: 'certificateHold' },
      ],
    });
  });

  it.each([
    ['fb', 0xfb],
    ['5', 0x05],
  ])('X-10: has a serial number as the certificate has it, also a negative one: %s', (serialNumber, serial) => {
    const list = byHand([der(0x30, der(2, Buffer.from([serial])), TIME)]).toString('base64');
    expect(readRevocationList(list, ca.pem)).toMatchObject({ ok: true, value: { entries: [{ serialNumber }] } });
    expect(x509CertificateReader.readLeaf(issueDevice(ca, { cn: 'a', serial }).pem, ca.pem)).toMatchObject({
      serialNumber,
    });
  });

  it('may be empty, without a number and without an end', async () => {
    expect(await read()).toMatchObject({ entries: [], number: null, nextUpdate: null, scope: 'full' });
  });

  it('is taken as base64 of DER as well', async () => {
    const bytes = await makeRevocationList(ca, { serials: ['0b'] });
    expect(readRevocationList(`${bytes.toString('base64')}\n`, ca.pem)).toMatchObject({
      ok: true,
      value: { entries: [{ serialNumber: 'b' }], signedByAnchor: true },
    });
  });

  it('knows a list of another CA, and of one that has the name alone', async () => {
    const other = makeTenantCa({ subject: [['CN', 'other-ca']] });
    const impostor = makeTenantCa();
    expect(await read({}, other)).toMatchObject({ issuedByAnchor: false, signedByAnchor: false });
    expect(await read({ signer: impostor })).toMatchObject({ issuedByAnchor: true, signedByAnchor: false });
  });

  it('is not signed by the CA once a serial number was taken out', async () => {
    const bytes = await makeRevocationList(ca, { serials: ['0102030405060708'] });
    const at = bytes.indexOf(hex('0102030405060708'));
    bytes.writeUInt8(0x7f, at);
    expect(readRevocationList(listPem(bytes), ca.pem)).toMatchObject({
      ok: true,
      value: { signedByAnchor: false, entries: [{ serialNumber: '7f02030405060708' }] },
    });
  });

  it.each([
    ['delta', [['2.5.29.27', true, hex('020101')]]],
    // IssuingDistributionPoint: indirectCRL, onlyContainsCACerts, onlySomeReasons
    ['indirect', [['2.5.29.28', true, hex('30038401ff')]]],
    ['partial', [['2.5.29.28', true, hex('30038201ff')]]],
    ['partial', [['2.5.29.28', true, hex('300483020640')]]],
    ['partial', [['2.5.29.28', true, hex('30038501ff')]]],
    ['unknown', [['1.2.3.4', true, hex('0500')]]],
    // of end entities alone, which is all that is asked of it; not critical
    ['full', [['2.5.29.28', true, hex('30038101ff')]]],
    ['full', [['1.2.3.4', false, hex('0500')]]],
  ] as const)('has the scope %s by its extensions', async (scope, extensions) => {
    expect((await read({ extensions })).scope).toBe(scope);
  });

  it('reads 100,000 entries within seconds', () => {
    const serial = (index: number) => `11${index.toString(16).padStart(30, '0')}`;
    const list = byHand(Array.from({ length: 100_000 }, (_, index) => der(0x30, der(2, hex(serial(index))), TIME)));
    const before = performance.now();
    const result = readRevocationList(listPem(list), ca.pem);
    expect(performance.now() - before).toBeLessThan(10_000);
    expect(result).toMatchObject({ ok: true, value: { signedByAnchor: true, scope: 'full' } });
    expect(result.ok && result.value.entries).toHaveLength(100_000);
    expect(result.ok && result.value.entries.at(-1)?.serialNumber).toBe(serial(99_999));
  });

  const extension = (oid: string, critical: boolean, value: string) =>
    der(0x30, der(6, hex(oid)), ...(critical ? [der(1, hex('ff'))] : []), der(4, hex(value)));
  const entryWith = (...extensions: readonly Buffer[]) =>
    byHand([der(0x30, der(2, hex('05')), TIME, der(0x30, ...extensions))]).toString('base64');

  it.each([
    // certificateIssuer: from here on the entries are of another CA
    ['indirect', '551d1d', true],
    // holdInstructionCode made critical, which nobody knows any more
    ['unknown', '551d17', true],
    // invalidityDate
    ['full', '551d18', false],
  ])('has the scope %s by an extension of an entry', (scope, oid, critical) => {
    expect(readRevocationList(entryWith(extension(oid, critical, '0500')), ca.pem)).toMatchObject({
      ok: true,
      value: { scope },
    });
  });

  it('is not read when an entry has a reason that is none, an extension twice or no time', () => {
    expect(problem(entryWith(extension('551d15', false, '0a0107')))).toMatchObject({ code: 'CRL_UNREADABLE' });
    expect(problem(entryWith(extension('551d15', false, '0a0163')))).toMatchObject({ code: 'CRL_UNREADABLE' });
    const reason = extension('551d15', false, '0a0101');
    expect(problem(entryWith(reason, reason))).toMatchObject({ code: 'CRL_UNREADABLE' });
    const noon = der(0x30, der(2, hex('05')), der(0x17, Buffer.from('261301000000Z')));
    expect(problem(byHand([noon]).toString('base64'))).toMatchObject({ code: 'CRL_UNREADABLE' });
    const soon = der(0x30, der(2, hex('05')), der(0x17, Buffer.from('soon')));
    expect(problem(byHand([soon]).toString('base64'))).toMatchObject({ code: 'CRL_UNREADABLE' });
  });

  it('is not signed by a key of another kind than it says', () => {
    const sha256WithRsa = der(0x30, hex('06092a864886f70d01010b0500'));
    expect(readRevocationList(byHand([], sha256WithRsa).toString('base64'), ca.pem)).toMatchObject({
      ok: true,
      value: { signatureAlgorithm: 'rsa-sha256', signedByAnchor: false },
    });
  });

  it('counts years of two digits from 1950 on (RFC 5280 §4.1.2.5.1)', () => {
    const old = der(0x30, der(2, hex('05')), der(0x17, Buffer.from('500101000000Z')));
    expect(readRevocationList(byHand([old]).toString('base64'), ca.pem)).toMatchObject({
      ok: true,
      value: { entries: [{ revokedAt: Date.parse('1950-01-01T00:00:00Z') }] },
    });
  });
});

describe('what is no revocation list', () => {
  it('R-06: a private key is refused, and nothing of it is repeated', () => {
    const { code, message } = problem(ca.keyPem);
    expect(code).toBe('PRIVATE_KEY_IN_UPLOAD');
    expect(message).not.toContain(ca.keyPem.split('\n')[1]?.slice(0, 20));
  });

  it('a certificate, nothing, two lists and garbage have each their words', async () => {
    const bytes = await makeRevocationList(ca, { serials: ['01'] });
    expect(problem(ca.pem)).toMatchObject({ code: 'NOT_A_CRL', message: expect.stringContaining('BEGIN CERTIFICATE') });
    expect(problem('')).toMatchObject({ code: 'NOT_A_CRL' });
    for (const text of ['not base64!', 'QQQ', 'QQ=Q']) expect(problem(text)).toMatchObject({ code: 'NOT_A_CRL' });
    expect(problem(listPem(bytes) + listPem(bytes))).toMatchObject({ code: 'NOT_A_CRL' });
    expect(problem(bytes.subarray(0, 60).toString('base64'))).toMatchObject({ code: 'CRL_UNREADABLE' });
    expect(problem(Buffer.concat([bytes, hex('0500')]).toString('base64'))).toMatchObject({ code: 'CRL_UNREADABLE' });
    // a certificate's DER is signed as well, and is no list
    const body = ca.pem.split('\n').slice(1, -2).join('');
    expect(problem(body)).toMatchObject({ code: 'CRL_UNREADABLE' });
  });
});
