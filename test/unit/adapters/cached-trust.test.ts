import { beforeEach, describe, expect, it } from 'vitest';
import { cachedTrust } from '#adapters/cached-trust.ts';
import { certificateId } from '#domain/ids.ts';
import { ADMIN_USERNAME, hasCertificateGrant, knownUser, type User } from '#domain/user.ts';
import type { Trust } from '#ports/trust.ts';
import { inMemoryAnchorRegistry } from '#support/in-memory-anchors.ts';
import { type InMemoryBlockLists, inMemoryBlockLists } from '#support/in-memory-block-lists.ts';
import { inMemoryUserRegistry } from '#support/in-memory-permissions.ts';
import { inMemoryTenantRegistry } from '#support/in-memory-trust.ts';
import { ACME, anAnchor, aTenant, CA, fingerprint, NOON } from '#support/onboarding-world.ts';

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
let blockLists: InMemoryBlockLists;
let trust: Trust;

const CERTIFICATE = certificateId(fingerprint(1));
const LISTED_NOWHERE = { blocked: false, onCrl: false };
const aroundOf = (username: string | null) =>
  trust.around(ACME, { username, certificate: CERTIFICATE, anchor: CA, serialNumber: '1f' });

beforeEach(() => {
  now = NOON;
  reads = 0;
  anchors = inMemoryAnchorRegistry();
  users = inMemoryUserRegistry();
  blockLists = inMemoryBlockLists();
  tenants = inMemoryTenantRegistry(users, blockLists);
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
    expect(await aroundOf('device01')).toBeNull();
    tenants.tenants.set(ACME, aTenant());
    expect(await aroundOf('device01')).toEqual({ tenant: aTenant(), user: null, ...LISTED_NOWHERE });

    await users.create(device01);
    expect(await aroundOf('device01')).toEqual({ tenant: aTenant(), user: device01, ...LISTED_NOWHERE });
    expect(await aroundOf('Device01')).toEqual({ tenant: aTenant(), user: null, ...LISTED_NOWHERE });

    await users.remove(ACME, 'device01');
    expect((await aroundOf('device01'))?.user).toBeNull();
  });

  it('X-10: keeps no list, and says with the tenant which of them name the certificate', async () => {
    tenants.tenants.set(ACME, aTenant());
    await blockLists.block(ACME, CERTIFICATE, { at: NOON, by: 'an operator' });
    expect(await aroundOf(null)).toEqual({ tenant: aTenant(), user: null, blocked: true, onCrl: false });

    await blockLists.addSerials(CA, [{ serialNumber: '1f', revokedAt: NOON, reason: null }]);
    await blockLists.unblock(ACME, CERTIFICATE);
    expect(await aroundOf(null)).toEqual({ tenant: aTenant(), user: null, blocked: false, onCrl: true });
  });

  it('U-04: knows the admin that every tenant has, without the certificate grant until somebody adds it', async () => {
    tenants.tenants.set(ACME, aTenant());
    const builtIn = await aroundOf(ADMIN_USERNAME);
    expect(builtIn?.user).toEqual(knownUser(ACME, ADMIN_USERNAME, null));
    expect(hasCertificateGrant(builtIn?.user ?? null)).toBe(false);

    await users.create({ ...device01, username: ADMIN_USERNAME });
    expect(hasCertificateGrant((await aroundOf(ADMIN_USERNAME))?.user ?? null)).toBe(true);
  });
});
