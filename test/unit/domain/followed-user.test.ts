import { describe, expect, it } from 'vitest';
import { permissionSetUnder } from '#domain/followed-user.ts';
import { aUser } from '#support/onboarding-world.ts';

const COMPOSITION = '0123456789abcdef';

describe('the permission set of an accepted certificate', () => {
  it.each([
    ['acme.connectware', null, 'acme.connectware'],
    ['acme.connectware', COMPOSITION, `acme.connectware.${COMPOSITION}`],
    [`acme.eu2.${COMPOSITION}`, 'fedcba9876543210', 'acme.eu2.fedcba9876543210'],
    [`acme.template.${COMPOSITION}`, null, 'acme.template'],
  ])('U-13: %s becomes, with the composition %s, %s: its profile stays', (permissionSet, composition, wanted) => {
    expect(permissionSetUnder({ permissionSet }, aUser('device01', { composition }))).toBe(wanted);
  });

  it.each([
    ['there is no such user', null],
    ['the user has no grant', aUser('device01', { grantTypes: [] })],
    ['the user has another grant', aUser('device01', { grantTypes: [{ method: 'password', isRequired: true }] })],
  ])('U-03, V-08: is none when %s', (_, user) => {
    expect(permissionSetUnder({ permissionSet: 'acme.connectware' }, user)).toBeNull();
  });
});
