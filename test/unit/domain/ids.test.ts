import { describe, expect, it } from 'vitest';
import { clientId, isTenantName, tenantName } from '#domain/ids.ts';

describe('identifiers', () => {
  it.each(['acme', 'a', '0-9', 'a'.repeat(32)])('N-06: takes %s as a tenant name', (name) => {
    expect(isTenantName(name)).toBe(true);
  });

  it.each(['a_b', '', '-a', 'Acme', 'a'.repeat(33), 'a.b', 'a\n'])('N-06: refuses %j as a tenant name', (name) => {
    expect(isTenantName(name)).toBe(false);
  });

  it('says what was expected and what came, shortened', () => {
    expect(() => tenantName('a_b')).toThrow('expected a tenant name (a-z, 0-9 and -, 1 to 32 characters), got "a_b"');
    expect(() => clientId('.'.repeat(500))).toThrow(/got "\.{80}"$/);
  });
});
