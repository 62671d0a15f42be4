// Certificate signing requests of a foreign library, and what is no request.

import { describe, expect, it } from 'vitest';
import { readCertificateRequest } from '#adapters/certificate-requests.ts';
import { makeRequest, requestPem } from '#support/certificate-requests.ts';

const read = (text: string) => {
  const result = readCertificateRequest(text);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
};
const problem = (text: string) => {
  const result = readCertificateRequest(text);
  if (result.ok) throw new Error('expected a problem');
  return result.error;
};

describe('a certificate signing request', () => {
  it('I-02: says its version, subject, key and signature', async () => {
    const { pem } = await makeRequest('C=DE, O="Smart Factory, Inc.", CN=device001', 'rsa-2048');
    expect(read(pem)).toMatchObject({
      version: 0,
      subject: { cn: ['device001'], o: ['Smart Factory, Inc.'], ou: [], serialNumber: [] },
      subjectText: 'C=DE, O=Smart Factory\\, Inc., CN=device001',
      publicKey: { type: 'rsa', bits: 2_048 },
      signatureAlgorithm: 'rsa-sha256',
      selfSigned: true,
    });
  });

  it.each([
    ['p256', { type: 'ec', curve: 'P-256' }, 'ecdsa-sha256', true],
    ['p384', { type: 'ec', curve: 'P-384' }, 'ecdsa-sha384', true],
    ['rsa-pss', { type: 'rsa', bits: 2_048 }, 'rsa-pss-sha256', true],
    ['rsa-2048-sha1', { type: 'rsa', bits: 2_048 }, 'rsa-sha1', true],
    ['rsa-1024', { type: 'rsa', bits: 1_024 }, 'rsa-sha256', true],
    // of a kind that AWS IoT does not take: nobody checks it
    ['ed25519', { type: 'other', name: 'ed25519' }, '1.3.101.112', false],
  ] as const)('I-02: is read with a key of %s', async (key, publicKey, signatureAlgorithm, selfSigned) => {
    const { pem } = await makeRequest('CN=device01', key);
    expect(read(pem)).toMatchObject({ publicKey, signatureAlgorithm, selfSigned });
  });

  it('I-02: is not signed by its key once a letter of it was changed, or the signature', async () => {
    const { der } = await makeRequest('CN=device01');
    const renamed = Buffer.from(der.toString('latin1').replace('device01', 'device02'), 'latin1');
    expect(read(requestPem(renamed))).toMatchObject({ subject: { cn: ['device02'] }, selfSigned: false });
    const cut = Buffer.from(der);
    cut.writeUInt8(cut.readUInt8(cut.length - 1) ^ 1, cut.length - 1);
    expect(read(requestPem(cut)).selfSigned).toBe(false);
  });

  it('I-02: has every CN of its subject', async () => {
    const { pem } = await makeRequest('CN=a, CN=b');
    expect(read(pem).subject.cn).toEqual(['a', 'b']);
  });

  it('is handed on alone: CRLF, an older label and text around it are tolerated', async () => {
    const { pem } = await makeRequest('CN=device01');
    const odd = `Certificate Request:\r\n${pem.replaceAll('CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST').replaceAll('\n', '\r\n')}\r\nbye`;
    expect(read(odd).pem).toBe(pem);
  });

  it('names its key as the certificate will', async () => {
    const [one, other] = [await makeRequest('CN=a'), await makeRequest('CN=a')];
    expect(read(one.pem).publicKeyId).toMatch(/^[0-9a-f]{64}$/);
    expect(read(one.pem).publicKeyId).not.toBe(read(other.pem).publicKeyId);
  });
});

describe('what is no certificate signing request', () => {
  it('R-06 I-04: a private key is refused, and nothing of it is repeated', async () => {
    const { pem, keyPem } = await makeRequest('CN=device01');
    const { code, message } = problem(pem + keyPem);
    expect(code).toBe('PRIVATE_KEY_IN_UPLOAD');
    expect(message).not.toContain(keyPem.split('\n')[1]?.slice(0, 20));
  });

  it('X-02: DER, nothing, a certificate, two requests and garbage have each their words', async () => {
    const { pem, der } = await makeRequest('CN=device01');
    expect(problem(der.toString('latin1'))).toMatchObject({ code: 'NOT_A_CSR' });
    expect(problem('').message).toContain('no PEM text');
    expect(problem(pem.replaceAll(' REQUEST', '')).message).toContain('-----BEGIN CERTIFICATE-----');
    expect(problem(pem + pem).message).toContain('2 PEM blocks');
    expect(problem(requestPem(der.subarray(0, 40)))).toMatchObject({ code: 'CSR_UNREADABLE' });
    expect(problem(requestPem(Buffer.from('garbage')))).toMatchObject({ code: 'CSR_UNREADABLE' });
    expect(problem(requestPem(Buffer.concat([der, Buffer.from([5, 0])])))).toMatchObject({ code: 'CSR_UNREADABLE' });
    expect(problem(pem.replace('\nMI', '\n!!'))).toMatchObject({ code: 'CSR_UNREADABLE' });
  });
});
