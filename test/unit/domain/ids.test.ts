import { describe, expect, it } from 'vitest';
import { anchorId, certificateId, clientId, isTenantName, tenantName } from '#domain/ids.ts';

describe('identifiers', () => {
  it.each(['acme', 'a', '0-9', 'a'.repeat(32)])('N-06: takes %s as a tenant name', (name) => {
    expect(isTenantName(name)).toBe(true);
  });

  it.each(['a_b', '', '-a', 'Acme', 'a'.repeat(33), 'a.b', 'a\n'])('N-06: refuses %j as a tenant name', (name) => {
    expect(isTenantName(name)).toBe(false);
  });

  it('X-07: takes a SHA-256 in lower-case hex as a fingerprint, and nothing else', () => {
    const fingerprint = '0123456789abcdef'.repeat(4);
    expect([certificateId(fingerprint), anchorId(fingerprint)]).toEqual([fingerprint, fingerprint]);
    for (const text of ['', '01', fingerprint.toUpperCase(), `${fingerprint}\n`, `${fingerprint}0`]) {
      expect(() => certificateId(text)).toThrow('expected a certificate fingerprint');
      expect(() => anchorId(text)).toThrow('expected a CA certificate fingerprint');
    }
  });

  it('says what was expected and what came, shortened', () => {
    expect(() => tenantName('a_b')).toThrow('expected a tenant name (a-z, 0-9 and -, 1 to 32 characters), got "a_b"');
    expect(() => clientId('.'.repeat(500))).toThrow(/got "\.{80}"$/);
  });
});
