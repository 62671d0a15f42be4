import { beforeEach, describe, expect, test } from 'vitest';
import type { AnchorState } from '#domain/trust-anchor.ts';
import { makeTenantCa } from '#support/certificates.ts';
import { signedOver } from '#support/possession.ts';
import { ADMIN, NOW, startTrustApi } from '#support/trust-api.ts';

const ca = makeTenantCa();
let api: ReturnType<typeof startTrustApi>;
beforeEach(() => {
  api = startTrustApi();
  api.tenant('acme');
  api.tenant('globex');
});
const path = (tenant = 'acme') => `/tenants/${tenant}/anchors/${ca.id}`;
const ACTS = {
  challenge: (tenant?: string) => api.call('POST', `${path(tenant)}/challenge`),
  verify: (tenant?: string) =>
    api.call('POST', `${path(tenant)}/verify`, { body: { verificationCertificate: signedOver(ca, 'code') } }),
  revoke: (tenant?: string) => api.call('POST', `${path(tenant)}/revoke`),
  restore: (tenant?: string) => api.call('POST', `${path(tenant)}/restore`),
  delete: (tenant?: string) => api.call('DELETE', path(tenant)),
};
type Act = keyof typeof ACTS;

const upload = (tenant = 'acme') =>
  api.call('POST', `/tenants/${tenant}/anchors`, { body: { certificate: ca.pem, allowIntermediate: true } });
const register = () => api.call('POST', '/operator/tenants/acme/anchors', { body: { certificate: ca.pem } });
const standing = () => api.anchors.anchors.get(ca.id);
const sweepDone = () =>
  api.anchors.noteSweep(ca.id, {
    version: standing()?.version ?? 0,
    pass: 2,
    seen: 1,
    changed: 1,
    startedAt: api.time.now,
    completedAt: api.time.now,
  });
/** What the worker does once every certificate of a deleted anchor is out. */
const deletionDone = async () => {
  await api.deps.gateway.disable(ca.id);
  await api.deps.gateway.remove(ca.id);
  await api.places.remove(api.tenant('acme'), ca.id);
  await sweepDone();
};
const bring = async (state: 'PENDING_VERIFICATION' | AnchorState): Promise<void> => {
  await (state === 'PENDING_VERIFICATION' ? upload() : register());
  if (state === 'REVOKED') await ACTS.revoke();
  if (state === 'DELETED') await ACTS.delete();
  if (state === 'REVOKED') await sweepDone();
  if (state === 'DELETED') await deletionDone();
};
const everything = () =>
  structuredClone({
    places: api.places.places,
    anchors: api.anchors.anchors,
    events: api.events.published,
    commands: api.commands,
    iot: api.iot,
  });

describe('a change of state', () => {
  test.each<[Act, AnchorState, AnchorState]>([
    ['revoke', 'ACTIVE', 'REVOKED'],
    ['restore', 'REVOKED', 'ACTIVE'],
    ['delete', 'ACTIVE', 'DELETED'],
    ['delete', 'REVOKED', 'DELETED'],
  ])('CA-07, V-01, V-03: %s of one that is %s flips the fact, then asks for the work', async (act, from, to) => {
    await bring(from);
    const version = standing()?.version ?? 0;
    api.commands.length = 0;
    api.iot.length = 0;
    api.time.now = NOW + 1_000;
    expect(await ACTS[act]()).toMatchObject({
      status: 202,
      body: { state: to, changedAt: '2026-01-31T12:00:01.000Z', changedBy: ADMIN, sweep: null },
    });
    expect(standing()).toMatchObject({ state: to, version: version + 1, changedAt: NOW + 1_000, changedBy: ADMIN });
    expect(api.commands).toEqual([
      { act: 'sweep', anchorId: ca.id, version: version + 1, pass: 1, cursor: null, commandId: expect.any(String) },
    ]);
    // IoT Core follows by the worker
    expect(api.iot).toEqual([]);
  });

  test.each<[Act, AnchorState]>([
    ['revoke', 'ACTIVE'],
    ['restore', 'REVOKED'],
    ['delete', 'ACTIVE'],
  ])(
    'V-01: a %s whose command was lost sends it again, as the same version, until the work is done',
    async (act, from) => {
      await bring(from);
      const { send } = api.deps.trustQueue;
      api.deps.trustQueue.send = async () => {
        throw new Error('the queue is away');
      };
      expect(await ACTS[act]()).toMatchObject({ status: 500 });
      api.deps.trustQueue.send = send;
      api.commands.length = 0;
      const version = standing()?.version;
      for (const _ of [1, 2]) expect(await ACTS[act]()).toMatchObject({ status: 202 });
      expect(api.commands).toMatchObject([
        { act: 'sweep', version },
        { act: 'sweep', version },
      ]);
      expect(standing()).toMatchObject({ version });
      await sweepDone();
      expect(await ACTS[act]()).toMatchObject({ status: 409, body: { code: 'ANCHOR_STATE' } });
    },
  );

  const ILLEGAL = [
    ['PENDING_VERIFICATION', 'revoke', 'show possession of its key, or delete it'],
    ['PENDING_VERIFICATION', 'restore', 'show possession of its key, or delete it'],
    ['ACTIVE', 'challenge', 'it can be revoked or deleted'],
    ['ACTIVE', 'restore', 'it can be revoked or deleted'],
    ['REVOKED', 'challenge', 'restore it or delete it'],
    ['REVOKED', 'verify', 'restore it or delete it'],
    ['REVOKED', 'revoke', 'restore it or delete it'],
    ['DELETED', 'challenge', 'upload it again'],
    ['DELETED', 'verify', 'upload it again'],
    ['DELETED', 'revoke', 'upload it again'],
    ['DELETED', 'restore', 'upload it again'],
    ['DELETED', 'delete', 'upload it again'],
  ] as const;

  test.each(ILLEGAL)('CA-07: of one that is %s, %s is ANCHOR_STATE and changes nothing', async (state, act, advice) => {
    await bring(state);
    const before = everything();
    expect(await ACTS[act]()).toMatchObject({
      status: 409,
      body: {
        code: 'ANCHOR_STATE',
        detail: `expected ${['challenge', 'verify'].includes(act) ? 'an upload' : 'a CA certificate'} to ${act}, but ${ca.id} is ${state}: ${advice}`,
      },
    });
    expect(everything()).toEqual(before);
  });

  const previewed = (act: string) => api.call('GET', `${path()}/impact`, { query: { act } });

  test.each(ILLEGAL.filter(([, act]) => act !== 'challenge' && act !== 'verify'))(
    'CA-07: of one that is %s, the preview of a %s is refused as the act is',
    async (state, act) => {
      await bring(state);
      const { status, body } = await previewed(act);
      expect(status).toBe(409);
      expect(body).toEqual((await ACTS[act]()).body);
    },
  );

  test.each([
    ['ACTIVE', 'revoke'],
    ['ACTIVE', 'delete'],
    ['REVOKED', 'restore'],
    ['REVOKED', 'delete'],
    ['PENDING_VERIFICATION', 'delete'],
  ] as const)('CA-07: of one that is %s, a %s is previewed', async (state, act) => {
    await bring(state);
    const before = everything();
    expect(await previewed(act)).toMatchObject({ status: 200, body: { certificates: 0 } });
    expect(everything()).toEqual(before);
  });

  test('the preview of what is no act is refused', async () => {
    await bring('ACTIVE');
    expect(await previewed('suspend')).toMatchObject({ status: 400 });
  });

  test('CA-07: two changes at once are one after the other', async () => {
    await bring('ACTIVE');
    const answers = await Promise.all([ACTS.revoke(), ACTS.delete()]);
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
    expect(standing()).toMatchObject({ state: 'DELETED', version: 2 });
  });

  test('CA-07: where others change it again and again, nothing is changed and CHANGED_MEANWHILE says so', async () => {
    await bring('ACTIVE');
    api.anchors.change = async () => null;
    const before = everything();
    expect(await ACTS.revoke()).toMatchObject({ status: 409, body: { code: 'CHANGED_MEANWHILE' } });
    expect(everything()).toEqual(before);
  });

  test('CA-07: each act is told, also when the next one comes before the worker, and once however often it is repeated', async () => {
    await bring('ACTIVE');
    for (const act of ['revoke', 'revoke', 'restore', 'delete'] as const)
      expect(await ACTS[act]()).toMatchObject({ status: 202 });
    const told = api.events.published.filter(({ type }) => type !== 'ca.verified');
    expect(told.map(({ type, id }) => [type, id])).toEqual([
      ['ca.revoked', `${ca.id}.1`],
      ['ca.revoked', `${ca.id}.1`],
      ['ca.restored', `${ca.id}.2`],
      ['ca.deleted', `${ca.id}.3`],
    ]);
    expect(told[0]).toMatchObject({ tenant: 'acme', anchorId: ca.id, actor: ADMIN, at: standing()?.changedAt });
  });

  test('V-01: a revocation waits for no turn of the tenant', async () => {
    await bring('ACTIVE');
    api.deps.tenantLock.take = async () => null;
    expect(await ACTS.revoke()).toMatchObject({ status: 202 });
  });

  test("CA-06: another tenant's is not found, and stays as it is", async () => {
    await bring('ACTIVE');
    const before = everything();
    for (const act of ['challenge', 'verify', 'revoke', 'restore', 'delete'] as const)
      expect(await ACTS[act]('globex')).toMatchObject({ status: 404, body: { code: 'ANCHOR_UNKNOWN' } });
    expect(everything()).toEqual(before);
  });
});

describe('delete', () => {
  test('CA-06: of an upload drops it, and gives its place back', async () => {
    await upload();
    expect(await ACTS.delete()).toMatchObject({ status: 202, body: { state: 'PENDING_VERIFICATION' } });
    expect(api.places.places.size).toBe(0);
    expect(api.commands).toEqual([]);
    expect(await ACTS.delete()).toMatchObject({ status: 404 });
  });

  test('CA-06: of an upload that is verified at the same moment deletes no anchor by the back door', async () => {
    await upload();
    const { take } = api.deps.tenantLock;
    api.deps.tenantLock.take = async (tenant) => {
      api.deps.tenantLock.take = take;
      await register();
      return take(tenant);
    };
    expect(await ACTS.delete()).toMatchObject({ status: 409, body: { code: 'ANCHOR_STATE' } });
    expect(standing()).toMatchObject({ state: 'ACTIVE' });
    expect(api.places.places.size).toBe(1);
  });

  test('CA-06: the anchor stays as a trace, and is in no list once its place is given back', async () => {
    await bring('ACTIVE');
    await ACTS.delete();
    expect((await api.call('GET', '/tenants/acme/anchors')).body).toMatchObject({ anchors: [{ state: 'DELETED' }] });
    await deletionDone();
    expect((await api.call('GET', '/tenants/acme/anchors')).body).toEqual({ anchors: [], cursor: null });
    expect(await api.call('GET', path())).toMatchObject({ status: 200, body: { state: 'DELETED' } });
  });

  test.each(['upload', 'register'] as const)('CA-07: while its devices are put out, %s is refused', async (act) => {
    await bring('ACTIVE');
    await ACTS.delete();
    const before = everything();
    expect(await (act === 'upload' ? upload() : register())).toMatchObject({
      status: 409,
      body: { code: 'ANCHOR_STATE', detail: expect.stringContaining('DELETED: wait') },
    });
    expect(everything()).toEqual(before);
  });

  test('CA-07: what was deleted is proved anew, and then its devices come back with it', async () => {
    await bring('DELETED');
    api.commands.length = 0;
    const uploaded = await upload();
    expect(uploaded).toMatchObject({ status: 201, body: { state: 'PENDING_VERIFICATION' } });
    expect(await api.call('GET', path())).toMatchObject({ body: { state: 'PENDING_VERIFICATION' } });
    const { code } = uploaded.body['challenge'] as { code: string };
    const body = { verificationCertificate: signedOver(ca, code) };
    expect(await api.call('POST', `${path()}/verify`, { body })).toMatchObject({
      status: 200,
      body: { state: 'ACTIVE' },
    });
    expect(standing()).toMatchObject({ state: 'ACTIVE', version: 2, sweep: null });
    expect(api.commands).toMatchObject([{ act: 'sweep', version: 2, pass: 1, cursor: null }, { act: 'truststore' }]);
    expect(api.deps.gateway.cas.get(ca.id)).toMatchObject({ active: true, registration: true });
  });

  test('CA-07: an operator vouches for it anew', async () => {
    await bring('DELETED');
    expect(await register()).toMatchObject({ status: 201, body: { state: 'ACTIVE' } });
    expect(standing()).toMatchObject({ state: 'ACTIVE', version: 2 });
  });

  test('what a revocation list named is still known of one that is proved anew', async () => {
    await bring('DELETED');
    const crl = { number: '7', thisUpdate: NOW, nextUpdate: null, entries: 1, importedAt: NOW, importedBy: ADMIN };
    await api.anchors.noteCrl(ca.id, crl);
    expect(await register()).toMatchObject({ body: { crl: { number: '7' } } });
    expect(standing()).toMatchObject({ crl });
  });

  test("CA-02: a tenant's devices never come back under another tenant's anchor", async () => {
    await bring('DELETED');
    expect(await upload('globex')).toMatchObject({ status: 409, body: { code: 'CA_OWNED_BY_OTHER_TENANT' } });
    const answer = await api.call('POST', '/operator/tenants/globex/anchors', { body: { certificate: ca.pem } });
    expect(answer).toMatchObject({ status: 409, body: { code: 'CA_OWNED_BY_OTHER_TENANT' } });
    expect(standing()).toMatchObject({ tenant: 'acme', state: 'DELETED' });
  });
});
