import { describe, expect, it } from 'vitest';
import { readAnchorUpload, readVerification } from '#adapters/x509-uploads.ts';
import { issueDevice, keyUsage, makeTenantCa, type TestCa } from '#support/certificates.ts';

const root = makeTenantCa();
const plant = makeTenantCa({ subject: [['CN', 'plant']], issuer: root });
const line = makeTenantCa({ subject: [['CN', 'line']], issuer: plant });
/** same name as `root`, another key */
const impostor = makeTenantCa();
const codeOf = (read: { ok: boolean; error?: { code: string } }) => (read.ok ? null : read.error?.code);
const NO_DER = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';

describe('an upload', () => {
  it.each<[string, TestCa, readonly TestCa[]]>([
    ['a root', root, []],
    ['an intermediate by itself', line, []],
    ['an intermediate with its parents', line, [plant, root]],
    ['an intermediate with some of them', line, [plant]],
    ['a root with itself', root, [root]],
  ])('CA-09: is %s', (_, ca, parents) => {
    const text = [ca, ...parents].map(({ pem }) => pem.replaceAll('\n', '\r\n')).join('who signed it:\r\n');
    expect(readAnchorUpload(text)).toMatchObject({
      ok: true,
      value: { ca: { id: ca.id, pem: ca.pem }, parents: parents.map(({ id }) => ({ id })) },
    });
  });

  it.each<[string, string, string]>([
    ['CHAIN_BROKEN', 'the root first', root.pem + plant.pem],
    ['CHAIN_BROKEN', 'one left out', line.pem + root.pem],
    ['CHAIN_BROKEN', 'another CA of the same name above', plant.pem + impostor.pem],
    ['CHAIN_BROKEN', 'a break higher up', line.pem + plant.pem + impostor.pem],
    ['CERT_UNREADABLE', 'no certificate first', NO_DER + root.pem],
    ['CERT_UNREADABLE', 'no certificate above', line.pem + NO_DER],
    ['PRIVATE_KEY_IN_UPLOAD', 'a key behind it', line.pem + plant.pem + plant.keyPem],
    ['NOT_PEM', 'no PEM', 'hello'],
  ])('CA-09: is refused as %s with %s', (code, _, text) => {
    expect(codeOf(readAnchorUpload(text))).toBe(code);
  });

  it('CA-09: says which certificate did not sign which, and the order that is expected', () => {
    expect(readAnchorUpload(line.pem + root.pem)).toMatchObject({
      error: {
        message: expect.stringMatching(/^expected certificate 2 to have signed certificate 1, .* up to the root$/),
      },
    });
  });
});

describe('a certificate that is to show possession', () => {
  const code = 'c0de'.repeat(16);
  const signed = (options: Parameters<typeof issueDevice>[1], ca = root) =>
    readVerification(issueDevice(ca, options).pem, root.pem);

  it('CA-04: may be the X.509 v1 one that plain openssl makes', () => {
    const validity = { validFrom: new Date('2026-01-31T00:00:00Z'), validTo: new Date('2026-02-01T00:00:00Z') };
    expect(signed({ subject: [['CN', code]], ...validity })).toEqual({
      ok: true,
      value: {
        cn: [code],
        signedByAnchor: true,
        validFrom: Date.UTC(2026, 0, 31),
        validTo: Date.UTC(2026, 1, 1),
      },
    });
  });

  it('CA-04: may have extensions, and other attributes beside the CN', () => {
    const read = signed({
      subject: [
        ['O', 'Acme'],
        ['CN', code],
        ['CN', 'b'],
      ],
      extensions: [keyUsage(0)],
    });
    expect(read).toMatchObject({ value: { cn: [code, 'b'] } });
  });

  it.each([
    ['another CA of the same name', impostor],
    ['a CA under it', plant],
  ])('CA-04: is not signed by the anchor when %s signed it', (_, ca) => {
    expect(signed({ subject: [['CN', code]] }, ca)).toMatchObject({ value: { signedByAnchor: false } });
  });

  it.each<[string, string, string]>([
    ['MORE_THAN_ONE_CERTIFICATE', 'two certificates', issueDevice(root, { cn: code }).chainPem],
    ['PRIVATE_KEY_IN_UPLOAD', 'a private key', issueDevice(root, { cn: code }).keyPem],
    ['CERT_UNREADABLE', 'base64 of something else', NO_DER],
    ['CERT_UNREADABLE', 'a CN that is no text', issueDevice(root, { subject: [['CN', Buffer.from([0xff])]] }).pem],
    ['NOT_PEM', 'nothing', ''],
  ])('CA-04: is refused as %s when it is %s', (refused, _, text) => {
    expect(codeOf(readVerification(text, root.pem))).toBe(refused);
  });
});
