import { describe, expect, test } from 'vitest';
import { ok } from '#domain/result.ts';
import { TENANT_LOCK_SECONDS } from '#names/timing.ts';
import { aroundPorts, endingAt } from '#support/around-ports.ts';
import { makeTenantCa } from '#support/certificates.ts';
import { ENDS } from '#support/disturbed-onboarding.ts';
import { signedOver } from '#support/possession.ts';
import { ADMIN, NOW, startTrustApi } from '#support/trust-api.ts';
import { changeAnchor } from '#usecases/change-anchor.ts';
import { registerAnchor } from '#usecases/register-anchor.ts';
import { uploadAnchor } from '#usecases/upload-anchor.ts';
import { verifyAnchor } from '#usecases/verify-anchor.ts';

const ca = makeTenantCa();
const PORTS = ['tenants', 'tenantLock', 'anchors', 'places', 'gateway', 'events', 'trustQueue'] as const;
const WEEK = 7 * 86_400_000;

const start = () => {
  const api = startTrustApi();
  return { ...api, acme: api.tenant('acme') };
};
type World = ReturnType<typeof start>;
type Deps = World['deps'];

const UPLOAD = { certificate: ca.pem, certificateMode: 'SNI_ONLY', allowIntermediate: false } as const;
const upload = (deps: Deps, { acme }: World) => uploadAnchor(deps)(acme, UPLOAD, ADMIN);
const register = (deps: Deps, { acme }: World) => registerAnchor(deps)(acme, { certificate: ca.pem }, ADMIN);
const verify = async (deps: Deps, { acme, places }: World) => {
  const code = places.places.get(`acme#${ca.id}`)?.upload?.challenge.code ?? 'none';
  const proofs = { verificationCertificate: signedOver(ca, code), accountVerificationCertificate: null };
  return verifyAnchor(deps)(acme, ca.id, proofs, ADMIN);
};
const revoke = (deps: Deps, { acme }: World) => changeAnchor(deps)('revoke', acme, ca.id, ADMIN);

/**
 * Ends the act at each of its calls in turn, and after that attempt lets the tenant's turn end by itself.
 * @param settle what follows each attempt, until the act is not ended any more
 */
const endedEverywhere = async (
  act: typeof upload | typeof register | typeof verify | typeof revoke,
  end: (typeof ENDS)[number],
  prepare: (world: World) => Promise<unknown>,
  settle: (world: World) => Promise<void>,
): Promise<number> => {
  for (let endAt = 1; ; endAt += 1) {
    const world = start();
    await prepare(world);
    const { around, ended } = endingAt(endAt, end);
    const outcome = await act(aroundPorts(world.deps, PORTS, around), world).catch(() => null);
    if (!ended()) {
      expect(outcome).toMatchObject({ ok: true });
      return endAt - 1;
    }
    world.time.now += TENANT_LOCK_SECONDS * 1_000;
    await settle(world);
  }
};

const stands = async (world: World) => {
  expect(world.anchors.anchors.get(ca.id)).toMatchObject({ state: 'ACTIVE', version: 0, tenant: 'acme' });
  expect(world.deps.gateway.cas.get(ca.id)).toMatchObject({ active: true, registration: true });
  expect(world.events.distinct().filter(({ type }) => type === 'ca.verified')).toHaveLength(1);
  expect(world.commands).toContainEqual(expect.objectContaining({ act: 'truststore' }));
  expect([...world.places.places.values()]).toEqual([{ tenant: 'acme', id: ca.id, upload: null }]);
};

describe.each(ENDS)('an attempt that %s one of its calls', (end) => {
  test('CA-02: an upload is there and announced once, after a repeat', async () => {
    const calls = await endedEverywhere(
      upload,
      end,
      async () => undefined,
      async (world) => {
        await upload(world.deps, world);
        expect([...world.places.places.values()]).toMatchObject([{ id: ca.id, upload: { uploadedBy: ADMIN } }]);
        expect(world.events.distinct()).toHaveLength(1);
        expect(world.anchors.anchors.size).toBe(0);
      },
    );
    expect(calls).toBeGreaterThan(7);
  });

  test('CA-04: a verification is finished by a repeat; nothing is open before it is recorded', async () => {
    const calls = await endedEverywhere(
      verify,
      end,
      (world) => upload(world.deps, world),
      async (world) => {
        const isOpen = world.deps.gateway.cas.get(ca.id)?.registration ?? false;
        expect(isOpen && !world.anchors.anchors.has(ca.id)).toBe(false);
        expect(await verify(world.deps, world)).toMatchObject({ ok: true, value: { state: 'ACTIVE' } });
        await stands(world);
      },
    );
    expect(calls).toBeGreaterThan(12);
  });

  test('CA-04: a verification that was recorded is finished though its challenge is over by then', async () => {
    await endedEverywhere(
      verify,
      end,
      (world) => upload(world.deps, world),
      async (world) => {
        world.time.now += WEEK;
        const outcome = await verify(world.deps, world);
        if (!world.anchors.anchors.has(ca.id)) {
          expect(outcome).toMatchObject({ ok: false, error: { kind: 'gone', code: 'POP_EXPIRED' } });
          return;
        }
        expect(outcome).toMatchObject(ok({ state: 'ACTIVE', registeredAt: NOW }));
        await stands(world);
      },
    );
  });

  test('CA-04: a registration is finished by a repeat, and leaves no place behind that nobody can see', async () => {
    await endedEverywhere(
      register,
      end,
      async () => undefined,
      async (world) => {
        const listed = await world.call('GET', '/tenants/acme/anchors');
        expect(listed.body['anchors']).toHaveLength(world.places.places.size);
        await register(world.deps, world);
        await stands(world);
      },
    );
  });

  test('V-01: a revocation stands after a repeat, and its work was asked for', async () => {
    await endedEverywhere(
      revoke,
      end,
      (world) => register(world.deps, world),
      async (world) => {
        expect(await revoke(world.deps, world)).toMatchObject({ ok: true, value: { state: 'REVOKED', version: 1 } });
        expect(world.commands).toContainEqual(expect.objectContaining({ act: 'sweep', version: 1 }));
      },
    );
  });
});
