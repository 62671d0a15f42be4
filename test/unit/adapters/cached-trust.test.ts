import { beforeEach, describe, expect, it } from 'vitest';
import { cachedTrust } from '#adapters/cached-trust.ts';
import { ADMIN_USERNAME, hasCertificateGrant, knownUser, type User } from '#domain/user.ts';
import type { Trust } from '#ports/trust.ts';
import { inMemoryUserRegistry } from '#support/in-memory-permissions.ts';
import { inMemoryAnchorRegistry, inMemoryTenantRegistry } from '#support/in-memory-trust.ts';
import { ACME, anAnchor, aTenant, CA, NOON } from '#support/onboarding-world.ts';

const device01: User = {
  tenant: ACME,
  username: 'device01',
  grantTypes: [{ method: 'certificate', isRequired: true }],
  roles: [],
  permissions: [],
  composition: null,
  createdAt: NOON,
  version: 1,
};

let now: number;
let reads: number;
let anchors: ReturnType<typeof inMemoryAnchorRegistry>;
let tenants: ReturnType<typeof inMemoryTenantRegistry>;
let users: ReturnType<typeof inMemoryUserRegistry>;
let trust: Trust;

beforeEach(() => {
  now = NOON;
  reads = 0;
  anchors = inMemoryAnchorRegistry();
  users = inMemoryUserRegistry();
  tenants = inMemoryTenantRegistry(users);
  const find: typeof anchors.find = (id) => {
    reads += 1;
    return anchors.find(id);
  };
  trust = cachedTrust({ anchors: { find }, tenants, clock: () => now });
});

describe('trust', () => {
  it('reads an anchor once for all the devices of some seconds, and again after them', async () => {
    anchors.anchors.set(CA, anAnchor());

    for (const later of [0, 5_000, 9_999]) {
      now = NOON + later;
      expect(await trust.anchor(CA, 'cached')).toEqual(anAnchor());
    }
    expect(reads).toBe(1);

    now = NOON + 10_000;
    await trust.anchor(CA, 'cached');
    expect(reads).toBe(2);
  });

  it('reads an anchor afresh when asked to, and keeps what it read', async () => {
    anchors.anchors.set(CA, anAnchor());
    await trust.anchor(CA, 'cached');
    anchors.anchors.set(CA, anAnchor({ state: 'REVOKED' }));

    expect((await trust.anchor(CA, 'cached'))?.state).toBe('ACTIVE');
    expect((await trust.anchor(CA, 'fresh'))?.state).toBe('REVOKED');
    expect((await trust.anchor(CA, 'cached'))?.state).toBe('REVOKED');
  });

  it('keeps no absence: an anchor may be registered the next moment, or vanish', async () => {
    expect(await trust.anchor(CA, 'cached')).toBeNull();
    anchors.anchors.set(CA, anAnchor());
    expect(await trust.anchor(CA, 'cached')).not.toBeNull();

    anchors.anchors.clear();
    expect(await trust.anchor(CA, 'fresh')).toBeNull();
    expect(await trust.anchor(CA, 'cached')).toBeNull();
  });

  it('keeps no tenant', async () => {
    tenants.tenants.set(ACME, aTenant());
    await trust.tenant(ACME);
    tenants.tenants.set(ACME, aTenant({ admission: 'approve' }));

    expect((await trust.tenant(ACME))?.admission).toBe('approve');
  });

  it('U-01: keeps no user, and gives it with the tenant', async () => {
    expect(await trust.tenantWithUser(ACME, 'device01')).toBeNull();
    tenants.tenants.set(ACME, aTenant());
    expect(await trust.tenantWithUser(ACME, 'device01')).toEqual({ tenant: aTenant(), user: null });

    await users.create(device01);
    expect(await trust.tenantWithUser(ACME, 'device01')).toEqual({ tenant: aTenant(), user: device01 });
    expect(await trust.tenantWithUser(ACME, 'Device01')).toEqual({ tenant: aTenant(), user: null });

    await users.remove(ACME, 'device01');
    expect((await trust.tenantWithUser(ACME, 'device01'))?.user).toBeNull();
  });

  it('U-04: knows the admin that every tenant has, without the certificate grant until somebody adds it', async () => {
    tenants.tenants.set(ACME, aTenant());
    const builtIn = await trust.tenantWithUser(ACME, ADMIN_USERNAME);
    expect(builtIn?.user).toEqual(knownUser(ACME, ADMIN_USERNAME, null));
    expect(hasCertificateGrant(builtIn?.user ?? null)).toBe(false);

    await users.create({ ...device01, username: ADMIN_USERNAME });
    expect(hasCertificateGrant((await trust.tenantWithUser(ACME, ADMIN_USERNAME))?.user ?? null)).toBe(true);
  });
});
