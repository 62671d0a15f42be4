// What stands between a command and the API: another try when a tenant is busy, and hints at what was meant.

import { describe, expect, it } from 'vitest';
import { ApiFailure } from '#cli/api-client.ts';
import { withHints } from '#cli/api-hints.ts';
import { withTurns } from '#cli/turns.ts';
import { fakeContext } from '#support/fake-api.ts';

const request = { params: { tenant: 'acme', username: 'machin-4' } };
const failing = (code: string) => () => {
  throw new ApiFailure(code, 'no.', 409);
};

describe('a tenant that is busy', () => {
  it('is asked again after a pause, and a few times only', async () => {
    let busy = 2;
    const { api, asked } = fakeContext({
      deleteUser: () => {
        busy -= 1;
        throw busy < 0 ? new ApiFailure('USER_UNKNOWN', 'none', 404) : new ApiFailure('TENANT_BUSY', 'busy', 409);
      },
    });
    let pauses = 0;
    const pause = async () => {
      pauses += 1;
    };
    await expect(withTurns(api, pause)('deleteUser', request)).rejects.toMatchObject({ code: 'USER_UNKNOWN' });
    expect([asked.length, pauses]).toEqual([3, 2]);

    busy = 100;
    await expect(withTurns(api, pause)('deleteUser', request)).rejects.toMatchObject({ code: 'TENANT_BUSY' });
    expect(asked.length).toBe(3 + 5);
  });
});

describe('a hint', () => {
  const users = () => ({
    users: [
      {
        username: 'machine-4',
        identityProvider: 'local' as const,
        grantTypes: [],
        roles: [],
        permissions: [],
        warnings: [],
        createdAt: null,
        version: 1,
      },
    ],
    cursor: null,
  });

  it('names the user that was meant', async () => {
    const { api } = fakeContext({ showUser: failing('USER_UNKNOWN'), listUsers: users });
    await expect(withHints(api)('showUser', request)).rejects.toMatchObject({
      code: 'USER_UNKNOWN',
      message: 'no. (did you mean "machine-4"?)',
      status: 409,
    });
  });

  it('CA-02: names the command that shows the CA which is there already', async () => {
    const id = 'ab'.repeat(32);
    const { api } = fakeContext({
      uploadAnchor: () => {
        throw new ApiFailure('CA_EXISTS', `acme has the CA certificate ${id} already; look at it instead`, 409);
      },
    });
    const body = { certificate: 'PEM', certificateMode: 'SNI_ONLY', allowIntermediate: false } as const;
    await expect(withHints(api)('uploadAnchor', { params: { tenant: 'acme' }, body })).rejects.toMatchObject({
      code: 'CA_EXISTS',
      message: expect.stringMatching(`instead \\(vestibule anchor show ${id} --tenant acme\\)$`),
    });
  });

  it.each(['ANCHOR_EXISTS', 'CA_EXISTS', 'NO_PRIVATE_CA'])(
    'V-03: names the command that restores the CA which %s says is revoked',
    async (code) => {
      const id = 'ab'.repeat(32);
      const { api } = fakeContext({
        deleteUser: () => {
          throw new ApiFailure(code, `${id} is REVOKED; restore it`, 409);
        },
      });
      await expect(withHints(api)('deleteUser', request)).rejects.toMatchObject({
        code,
        message: `${id} is REVOKED; restore it (vestibule anchor restore ${id} --tenant acme)`,
      });
    },
  );

  it('P-09: names the flag for what the API calls plusMode', async () => {
    const refused = () => {
      throw new ApiFailure('POLICY_UNREPRESENTABLE', 'use # in the place of +, or plusMode widen', 400);
    };
    const { api } = fakeContext({ deleteUser: refused });
    await expect(withHints(api)('deleteUser', request)).rejects.toMatchObject({
      code: 'POLICY_UNREPRESENTABLE',
      message:
        'use # in the place of +, or plusMode widen (plusMode widen: --plus-mode widen, or vestibule role edit <role> --tenant acme --plus-mode widen)',
    });
  });

  it('U-10: says what becomes of a file that was made of an older role', async () => {
    const { api } = fakeContext({ editRole: failing('ROLE_CHANGED') });
    const params = { tenant: 'acme', role: '6f0ad7c5-7f0c-5f1e-9a57-0d5f6a1f3b21' };
    await expect(withHints(api)('editRole', { params, query: { disconnect: 'false' }, body: {} })).rejects.toThrow(
      /^no\. \(made of an older one: take it out anew .* without "version" a file replaces whatever stands\)$/,
    );
  });

  it('X-10: is the flag that names the tenant, where its list is meant', async () => {
    const { api } = fakeContext({ blockDevice: failing('TENANT_REQUIRED') });
    await expect(withHints(api)('blockDevice', { params: { device: 'a'.repeat(64) } })).rejects.toThrow(
      /^no\. \(--tenant <tenant>\)$/,
    );
  });

  it('is left out when the caller may not list, and for other failures', async () => {
    const denied = fakeContext({ showUser: failing('USER_UNKNOWN'), listUsers: failing('ACCESS_DENIED') });
    await expect(withHints(denied.api)('showUser', request)).rejects.toMatchObject({
      code: 'USER_UNKNOWN',
      message: 'no.',
    });
    const other = fakeContext({ showUser: failing('TENANT_BUSY') });
    await expect(withHints(other.api)('showUser', request)).rejects.toMatchObject({ code: 'TENANT_BUSY' });
    expect(other.asked).toHaveLength(1);
  });
});
