import { beforeEach, describe, expect, it } from 'vitest';
import { cachedTrust } from '#adapters/cached-trust.ts';
import type { Trust } from '#ports/trust.ts';
import { inMemoryAnchorRegistry, inMemoryTenantRegistry } from '#support/in-memory-trust.ts';
import { ACME, anAnchor, aTenant, CA, NOON } from '#support/onboarding-world.ts';

let now: number;
let reads: number;
let anchors: ReturnType<typeof inMemoryAnchorRegistry>;
let tenants: ReturnType<typeof inMemoryTenantRegistry>;
let trust: Trust;

beforeEach(() => {
  now = NOON;
  reads = 0;
  anchors = inMemoryAnchorRegistry();
  tenants = inMemoryTenantRegistry();
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
});
