import { describe, expect, it } from 'vitest';
import { type CsrFacts, checkCsr } from '#domain/csr-rules.ts';
import { tenantName } from '#domain/ids.ts';

const csr = (changes: Partial<CsrFacts> = {}): CsrFacts => ({
  version: 0,
  subject: { cn: ['device01'], o: [], ou: [], serialNumber: [] },
  subjectText: 'CN=device01',
  publicKey: { type: 'rsa', bits: 2_048 },
  publicKeyId: 'aa',
  signatureAlgorithm: 'rsa-sha256',
  selfSigned: true,
  ...changes,
});
const named = (...cn: readonly string[]) => csr({ subject: { cn, o: [], ou: [], serialNumber: [] } });
const acme = (naming = 'eu1') => ({ name: tenantName('acme'), naming });

describe('a certificate signing request', () => {
  it('I-02: gives the client id that its certificate will have', () => {
    expect(checkCsr(csr(), acme(), null)).toEqual({ ok: true, value: { cn: 'device01', clientId: 'acme_device01' } });
    expect(checkCsr(csr(), acme('connectware'), 'device01')).toMatchObject({ value: { clientId: 'device01' } });
  });

  it.each([
    ['CSR_SIGNATURE', csr({ selfSigned: false }), 'eu1'],
    ['KEY_TOO_SMALL', csr({ publicKey: { type: 'rsa', bits: 1_024 } }), 'eu1'],
    ['KEY_TYPE', csr({ publicKey: { type: 'other', name: 'ed25519' }, selfSigned: false }), 'eu1'],
    ['SIG_ALG_WEAK', csr({ signatureAlgorithm: 'rsa-sha1' }), 'eu1'],
    ['CN_MISSING', named(), 'eu1'],
    ['CN_MULTIPLE', named('a', 'b'), 'eu1'],
    ['CN_CHARSET', named('a b'), 'eu1'],
    ['CN_TENANT_PREFIX', named('device01'), 'eu2'],
    ['FIELD_MISSING', csr(), '{ou}-{cn}'],
  ])('I-02: is refused as %s', (code, request, naming) => {
    const checked = checkCsr(request, acme(naming), null);
    expect(checked).toMatchObject({ ok: false, error: { code } });
    expect(checked.ok || checked.error.message).toMatch(/: .*(make|issue|change)/);
  });

  it('I-02: is refused as CSR_CN when it is meant for another device; case counts', () => {
    for (const cn of ['device02', 'Device01'])
      expect(checkCsr(csr(), acme(), cn)).toMatchObject({
        error: { code: 'CSR_CN', message: expect.stringContaining(`for ${cn}, got one for device01`) },
      });
  });
});
