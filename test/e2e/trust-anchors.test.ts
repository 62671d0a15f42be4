// How a CA comes to vouch for devices in the whole system, and how that ends: uploads, possession, intermediates, deletion.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issueDevice, makeTenantCa, type TestCa } from '#support/certificates.ts';
import { createForwardClock, DAY } from '#support/forward-clock.ts';
import { startTestSystem, type TestSystem } from '#support/local-system.ts';
import { type TrustStory, trustStory } from '#support/trust-story.ts';

const clock = createForwardClock();
let system: TestSystem;
let story: TrustStory;
beforeAll(async () => {
  system = await startTestSystem({ clock: clock.now });
  story = trustStory(system, clock);
});
afterAll(() => system.stop());

/** A tenant without a CA. */
const newTenant = async (tenant: string): Promise<string> => {
  await system.api.call('createTenant', { body: { tenant, naming: 'eu1', admission: 'auto' } });
  return tenant;
};
const refusal = (status: number, code: string) => ({ status, code });
const iotHas = (ca: TestCa) => system.iot.cas.has(ca.id);

describe('an upload', () => {
  it('CA-02: waits for its proof; IoT Core hears nothing of it', async () => {
    const tenant = await newTenant('uploads');
    const ca = makeTenantCa();

    const uploaded = await story.upload(tenant, ca);

    expect(uploaded).toMatchObject({ fingerprint: ca.id, state: 'PENDING_VERIFICATION', proof: null, tenant });
    // 128 bits at the least, of 6 bits a character
    expect(uploaded.challenge?.code).toMatch(/^[\w-]{22,64}$/);
    expect(Date.parse(uploaded.challenge?.expiresAt ?? '') - clock.now()).toBeGreaterThan(6 * DAY);
    expect(iotHas(ca)).toBe(false);
    expect(story.announcedOf(ca)).toEqual(['ca.uploaded']);
    await expect(story.upload(tenant, ca)).rejects.toMatchObject(refusal(409, 'CA_EXISTS'));
  });

  it('CA-03: of a third CA is refused, until one is given back', async () => {
    const tenant = await newTenant('crowded');
    const [first, second, third] = [makeTenantCa(), makeTenantCa(), makeTenantCa()];
    await story.prove(tenant, first);
    await story.upload(tenant, second);

    await expect(story.upload(tenant, third)).rejects.toMatchObject(refusal(409, 'CA_LIMIT'));

    await system.api.call('deleteAnchor', { params: { tenant, anchor: second.id } });
    expect(await story.upload(tenant, third)).toMatchObject({ state: 'PENDING_VERIFICATION' });
  });

  it('CA-02, CA-04: of one CA by two tenants gives it to the one that has its key, and to no other', async () => {
    const [squatter, owner] = [await newTenant('squatter'), await newTenant('owner')];
    const ca = makeTenantCa();
    const { challenge } = await story.upload(squatter, ca);

    await story.prove(owner, ca);

    await expect(story.verify(squatter, ca, story.proofOver(ca, challenge?.code ?? ''))).rejects.toMatchObject(
      refusal(409, 'CA_OWNED_BY_OTHER_TENANT'),
    );
    await expect(story.upload(await newTenant('latecomer'), ca)).rejects.toMatchObject(
      refusal(409, 'CA_OWNED_BY_OTHER_TENANT'),
    );
    expect(system.iot.cas.get(ca.id)?.tags).toEqual({ 'vestibule:tenant': owner });
    const { session } = await story.onboarded(owner, ca, 'device01');
    await session.leave();
  });
});

describe('possession of the key', () => {
  it('CA-01, CA-04: lets devices register from then on, and none before', async () => {
    const tenant = await newTenant('prover');
    const ca = makeTenantCa();
    const early = issueDevice(ca, { cn: 'early' });
    const { challenge } = await story.upload(tenant, ca);
    await story.refused(early, 'prover_early');
    await story.leftNoTrace(early);
    const overheard = story.overhear('trust-api');

    const proved = await story.verify(tenant, ca, story.proofOver(ca, challenge?.code ?? ''));

    overheard.end();
    expect(proved).toMatchObject({ state: 'ACTIVE', proof: 'VERIFICATION_CERTIFICATE', challenge: null });
    expect(overheard.calls.filter((call) => call === 'RegisterCACertificate')).toHaveLength(1);
    expect(overheard.calls.at(-1)).toBe('UpdateCACertificate');
    expect(system.iot.cas.get(ca.id)).toMatchObject({
      status: 'ACTIVE',
      autoRegistration: 'ENABLE',
      mode: 'SNI_ONLY',
      tags: { 'vestibule:tenant': tenant },
    });
    expect(story.announcedOf(ca)).toEqual(['ca.uploaded', 'ca.verified']);
    await system.firstConnect(early, 'prover_early');
    await (await system.connect(early, 'prover_early')).leave();
  });

  it('CA-04: is opened to devices only once the registry has it', async () => {
    const tenant = await newTenant('ordered');
    const ca = makeTenantCa();
    const { challenge } = await story.upload(tenant, ca);
    let state: string | undefined;
    const wasAsked = story.before('trust-api', 'UpdateCACertificate', async () => {
      ({ state } = await story.anchorOf(tenant, ca.id));
      expect(system.iot.cas.get(ca.id)?.autoRegistration).toBe('DISABLE');
    });

    await story.verify(tenant, ca, story.proofOver(ca, challenge?.code ?? ''));

    expect(wasAsked()).toBe(true);
    expect(state).toBe('ACTIVE');
  });

  it('CA-04: is not shown by another key or over another code, and a week later by nothing but a new challenge', async () => {
    const tenant = await newTenant('impostor');
    const ca = makeTenantCa();
    const code = (await story.upload(tenant, ca)).challenge?.code ?? '';
    const sameName = makeTenantCa();

    for (const [proof, expected] of [
      [story.proofOver(sameName, code), refusal(400, 'POP_SIGNATURE')],
      [story.proofOver(ca, 'another'), refusal(400, 'POP_CODE')],
    ] as const)
      await expect(story.verify(tenant, ca, proof)).rejects.toMatchObject(expected);
    await story.later(8 * DAY);
    await expect(story.verify(tenant, ca, story.proofOver(ca, code))).rejects.toMatchObject(
      refusal(410, 'POP_EXPIRED'),
    );
    expect(await story.anchorOf(tenant, ca.id)).toMatchObject({ state: 'PENDING_VERIFICATION' });
    expect(iotHas(ca)).toBe(false);

    const { challenge } = await system.api.call('challengeAnchor', { params: { tenant, anchor: ca.id } });
    expect(challenge?.code).not.toBe(code);
    expect(await story.verify(tenant, ca, story.proofOver(ca, challenge?.code ?? ''))).toMatchObject({
      state: 'ACTIVE',
    });
  });

  it('CA-04: shown again does nothing', async () => {
    const tenant = await newTenant('twice');
    const ca = makeTenantCa();
    const proved = await story.prove(tenant, ca);
    const overheard = story.overhear('trust-api');

    expect(await story.verify(tenant, ca, story.proofOver(ca, 'whatever'))).toEqual(proved);

    overheard.end();
    expect(overheard.calls).toEqual([]);
    expect(story.announcedOf(ca)).toEqual(['ca.uploaded', 'ca.verified']);
  });
});

describe('a chain of CAs', () => {
  const makeChain = () => {
    const root = makeTenantCa({ subject: [['CN', 'root']] });
    const issuing = makeTenantCa({ subject: [['CN', 'issuing']], issuer: root });
    return { root, issuing, device: issueDevice(issuing, { cn: 'leaf' }) };
  };

  it('CA-09: whose issuing CA alone was uploaded lets its devices in', async () => {
    const tenant = await newTenant('issuing');
    const { issuing, device } = makeChain();
    await expect(story.upload(tenant, issuing)).rejects.toMatchObject(refusal(400, 'CA_PARENT_UNKNOWN'));

    expect(await story.prove(tenant, issuing, { allowIntermediate: true })).toMatchObject({ state: 'ACTIVE' });

    await system.firstConnect(device, 'issuing_leaf');
    await (await system.connect(device, 'issuing_leaf')).leave();
  });

  it('CA-09, CA-01: whose root alone was uploaded vouches for none of them, and they leave no trace', async () => {
    const tenant = await newTenant('rooted');
    const { root, device } = makeChain();
    await story.prove(tenant, root);

    await story.refused(device, 'rooted_leaf');

    await story.leftNoTrace(device);
  });
});

describe('the end of a CA', () => {
  it('CA-06, CA-07: is revocation first: closed, its devices out, and only then deleted', async () => {
    const tenant = await newTenant('leaving');
    const ca = makeTenantCa();
    await story.prove(tenant, ca);
    const { device, session } = await story.onboarded(tenant, ca, 'device01');
    const overheard = story.overhear('work-on-trust');
    const stood: unknown[] = [];
    const wasDeleted = story.before('work-on-trust', 'DeleteCACertificate', async () => {
      stood.push(system.iot.cas.get(ca.id)?.status, story.statusOf(device));
    });
    const params = { tenant, anchor: ca.id };

    const deleted = await story.followed(tenant, ca, () => system.api.call('deleteAnchor', { params }));

    overheard.end();
    expect(wasDeleted()).toBe(true);
    expect(stood).toEqual(['INACTIVE', 'INACTIVE']);
    await session.closed();
    const order = ['UpdateCACertificate', 'UpdateCertificate', 'DeleteConnection', 'DeleteCACertificate'];
    expect([...new Set(overheard.calls.filter((call) => order.includes(call)))]).toEqual(order);
    expect(deleted).toMatchObject({ state: 'DELETED' });
    expect(iotHas(ca)).toBe(false);
    expect((await system.api.call('listAnchors', { params: { tenant }, query: {} })).anchors).toEqual([]);
    expect(story.announcedOf(ca)).toEqual(['ca.uploaded', 'ca.verified', 'ca.deleted', 'ca.swept']);
    await story.becomes(device, { state: 'SUSPENDED', certificates: [{ causes: ['CA_REVOKED'] }] });
    await story.refused(device, 'leaving_device01');
    for (const act of ['restoreAnchor', 'revokeAnchor', 'deleteAnchor'] as const)
      await expect(system.api.call(act, { params })).rejects.toMatchObject(refusal(409, 'ANCHOR_STATE'));
  });

  it('CA-06: another tenant neither sees nor ends it', async () => {
    const [owner, other] = [await newTenant('keeper'), await newTenant('stranger')];
    const ca = makeTenantCa();
    await story.prove(owner, ca);
    const api = system.apiAs(system.credentials.tenantAdmin(other));

    for (const act of ['showAnchor', 'revokeAnchor', 'deleteAnchor'] as const)
      await expect(api(act, { params: { tenant: other, anchor: ca.id } })).rejects.toMatchObject({ status: 404 });
    await expect(api('deleteAnchor', { params: { tenant: owner, anchor: ca.id } })).rejects.toMatchObject({
      status: 403,
    });

    expect(await story.anchorOf(owner, ca.id)).toMatchObject({ state: 'ACTIVE' });
  });
});

it('R-04: all that was announced is as its schema says', () => story.expectValidEvents());
