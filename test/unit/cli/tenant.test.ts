// vestibule tenant: the topics that a tenant's roles may name, as they are typed, sent and printed.

import { describe, expect, it } from 'vitest';
import { createTenant, listTenants, setTenant, showTenant } from '#cli/commands/tenant.ts';
import type { TenantView } from '#contracts/ops-api.ts';
import { fakeContext } from '#support/fake-api.ts';

const TENANT: TenantView = {
  tenant: 'acme',
  naming: 'connectware',
  admission: 'auto',
  allowList: false,
  userMatch: 'required',
  topics: ['tc/{tenant}/#', 'shared/+'],
  anchorLimit: 2,
  anchorRules: 'default',
  renewal: 'replace',
  secondSession: 'take-over',
  createdAt: '2026-01-31T12:00:00.000Z',
};
const naming = 'connectware';
const answers = { createTenant: () => TENANT, setTenant: () => TENANT, showTenant: () => TENANT };

describe('topics', () => {
  it.each([
    [{}, null],
    [{ topics: ['tc/{tenant}/#', 'a/+'] }, ['tc/{tenant}/#', 'a/+']],
  ])('of a new tenant are those that are given, or every one: %j', async (options, topics) => {
    const { context, asked } = fakeContext(answers);
    await createTenant(context, 'acme', { naming, ...options });
    expect(asked[0]).toMatchObject({ id: 'createTenant', body: { tenant: 'acme', topics } });
  });

  it.each([
    [['a/#'], ['a/#']],
    [false, null],
  ] as const)('are set alone, and lifted: %j', async (topics, sent) => {
    const { context, asked } = fakeContext(answers);
    await setTenant(context, 'acme', { topics });
    expect(asked[0]).toMatchObject({ id: 'setTenant', params: { tenant: 'acme' } });
    expect(asked[0]?.body).toEqual({ topics: sent });
  });

  it('stay as they are when they are not named', async () => {
    const { context, asked } = fakeContext(answers);
    await setTenant(context, 'acme', { admission: 'approve' });
    expect(asked[0]?.body).toEqual({ admission: 'approve' });
  });

  it('are shown, and so is that a tenant has none', async () => {
    const limited = fakeContext(answers);
    await showTenant(limited.context, 'acme');
    expect(limited.stdout()).toMatch(/^topics +tc\/\{tenant\}\/#, shared\/\+$/m);

    const free = fakeContext({ showTenant: () => ({ ...TENANT, topics: null }) });
    await showTenant(free.context, 'acme');
    expect(free.stdout()).toMatch(/^topics +every one: its roles may name topics of other tenants$/m);
  });

  it('are a column of the list', async () => {
    const { context, stdout } = fakeContext({
      listTenants: () => ({ tenants: [TENANT, { ...TENANT, tenant: 'globex', topics: null }], cursor: null }),
    });
    await listTenants(context, {});
    const [head, acme, globex] = stdout().split('\n');
    expect(head).toMatch(/USERS +TOPICS +CAS +RULES +RENEWAL +SESSIONS +CREATED/);
    expect(acme).toMatch(/required +tc\/\{tenant\}\/# shared\/\+ +2 +default +replace +take-over +2026/);
    expect(globex).toMatch(/required +- +2 +default +replace +take-over +2026/);
  });
});

describe('user match', () => {
  it('U-01: says whom a change reaches, and what brings in under users who is in already', async () => {
    const { context, stderr } = fakeContext(answers);
    await setTenant(context, 'acme', { userMatch: 'required' });
    await setTenant(context, 'acme', { userMatch: 'off' });
    expect(stderr()).toBe(
      [
        'holds for devices that are decided from now on; one that is in without a user stays so until it is retried: vestibule device retry <client id>',
        'holds for devices that are decided from now on; who came in as a user follows it still',
        '',
      ].join('\n'),
    );
  });
});

describe('settings of trust', () => {
  const SETTINGS = {
    anchorLimit: 5,
    anchorRules: 'strict',
    renewal: 'coexist',
    secondSession: 'refuse-new',
  } as const;

  it('of a new tenant are those that are given, or the usual ones', async () => {
    const { context, asked } = fakeContext(answers);
    await createTenant(context, 'acme', { naming, ...SETTINGS });
    await createTenant(context, 'acme', { naming });
    expect(asked.map(({ body }) => body)).toMatchObject([
      SETTINGS,
      { anchorLimit: 2, anchorRules: 'default', renewal: 'replace', secondSession: 'take-over' },
    ]);
  });

  it('N-09, J-11, CA-03, CA-05: are set one by one, and no other with them', async () => {
    const { context, asked } = fakeContext(answers);
    for (const [name, value] of Object.entries(SETTINGS)) await setTenant(context, 'acme', { [name]: value });
    expect(asked.map(({ body }) => body)).toEqual(Object.entries(SETTINGS).map(([name, value]) => ({ [name]: value })));
  });

  it('are said in words, and in a list by their names', async () => {
    const { context, stdout } = fakeContext({
      showTenant: () => ({ ...TENANT, ...SETTINGS }),
      listTenants: () => ({ tenants: [{ ...TENANT, ...SETTINGS }], cursor: null }),
    });
    await showTenant(context, 'acme');
    await listTenants(context, {});
    for (const text of [
      /CAs +5 at most, by the strict rules/,
      /renewal +coexist: a new certificate may be used beside/,
      /sessions +refuse-new: .* where the pre-authentication gate is installed/,
      / 5 +strict +coexist +refuse-new +2026/,
    ])
      expect(stdout()).toMatch(text);
  });

  it('N-09: refuse-new is said to keep a device out until its dead session is noticed', async () => {
    const { context, stderr } = fakeContext(answers);
    await setTenant(context, 'acme', { secondSession: 'take-over' });
    expect(stderr()).not.toContain('keep-alive');
    await setTenant(context, 'acme', { secondSession: 'refuse-new' });
    expect(stderr()).toContain('one and a half keep-alive intervals');
  });
});
