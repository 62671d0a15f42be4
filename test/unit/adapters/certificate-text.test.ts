// What operators are shown of a certificate, against what OpenSSL makes of the same names.

import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { describeCertificate } from '#adapters/certificate-text.ts';
import { basicConstraints, issueDevice, makeTenantCa, type Subject } from '#support/certificates.ts';

const textOf = (pem: string) => {
  const text = describeCertificate(pem);
  if (!text.ok) throw new Error(text.error.message);
  return text.value;
};

describe('the names of a certificate', () => {
  const AWKWARD: readonly Subject[] = [
    [
      ['C', 'DE'],
      ['O', 'Smart Factory, Inc. CN=evil'],
      ['CN', 'device01'],
    ],
    [['CN', ' a "quoted" \\ <name>; + more ']],
    [['CN', '#1']],
    [['CN', 'Müller ✓', 'utf8']],
    [['CN', 'Zürich', 'bmp']],
    [['CN', 'tab\tand\u007fdelete']],
    [
      {
        rdn: [
          ['CN', 'a'],
          ['OU', 'b'],
        ],
      },
      ['serialNumber', '42'],
      ['L', 'x'],
      ['ST', 'y'],
    ],
  ];

  it.each(AWKWARD.map((subject) => [subject] as const))('X-08 X-09: are those that OpenSSL prints: %j', (subject) => {
    const { pem } = issueDevice(makeTenantCa({ subject }), { subject });
    const openssl = new X509Certificate(pem);
    expect(textOf(pem)).toMatchObject({
      subject: openssl.subject.replaceAll('\n', ', '),
      issuer: openssl.issuer.replaceAll('\n', ', '),
    });
  });
});

it("X-09: serial number, validity, key and signature are the certificate's, of X.509 v1 and v3", () => {
  const ca = makeTenantCa({ key: 'rsa-2048' });
  for (const extensions of [null, [basicConstraints(false)]]) {
    const { pem, id } = issueDevice(ca, {
      cn: 'device01',
      serial: 10,
      extensions,
      validFrom: new Date('2026-01-01T00:00:00Z'),
      validTo: new Date('2027-01-01T00:00:00Z'),
      digest: 'sha384',
    });
    expect(textOf(`what came before\n${pem}`)).toEqual({
      id,
      subject: 'C=DE, O=Acme, OU=IT, CN=device01',
      issuer: 'C=DE, O=Acme, CN=acme-ca',
      serialNumber: '0a',
      validFrom: Date.parse('2026-01-01T00:00:00Z'),
      validTo: Date.parse('2027-01-01T00:00:00Z'),
      publicKey: 'EC P-256',
      signatureAlgorithm: 'rsa-sha384',
      pem,
    });
  }
});

it('X-09: what cannot be read says so', () => {
  expect(describeCertificate('garbage')).toMatchObject({ ok: false, error: { code: 'CERT_UNREADABLE' } });
});
