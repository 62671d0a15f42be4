import { beforeEach, describe, expect, test } from 'vitest';
import type { Cause } from '#domain/certificate.ts';
import { stateOf } from '#domain/certificate-state.ts';
import type { TenantName } from '#domain/ids.ts';
import { REASONS } from '#domain/reasons.ts';
import { anAnchor } from '#support/onboarding-world.ts';
import { anchorOf, fingerprint, NOW, OPERATOR, startOpsApi } from '#support/ops-api.ts';

const [one, two, three, four] = [fingerprint(1), fingerprint(2), fingerprint(3), fingerprint(4)];
let api: ReturnType<typeof startOpsApi>;
let acme: TenantName;
let globex: TenantName;
beforeEach(() => {
  api = startOpsApi();
  acme = api.tenant('acme');
  globex = api.tenant('globex');
});
const get = (path: string, query?: Record<string, string>) => api.call('GET', path, query && { query });
const post = (path: string) => api.call('POST', path);

describe('show', () => {
  test('a device with its certificates, history, presence and the wrong id that was tried', async () => {
    await api.onboarded(one, acme, 'acme_device01');
    await api.devices.recordPresence('acme_device01', {
      connected: true,
      certificateId: one,
      at: NOW,
      sessionId: 's',
      versionNumber: 1,
      ip: '192.0.2.1',
      disconnectReason: null,
    });
    await api.devices.recordMismatch('acme_device01', { tried: 'device01', at: NOW, ip: null });
    expect(await get('/operator/devices/acme_device01')).toEqual({
      status: 200,
      type: 'application/json',
      body: {
        clientId: 'acme_device01',
        tenant: 'acme',
        state: 'ACTIVE',
        reason: null,
        seen: null,
        advice: null,
        thingName: 'acme_device01',
        permissionSet: 'acme.eu1',
        user: null,
        causes: [],
        current: one,
        former: null,
        others: [],
        certificates: [
          {
            fingerprint: one,
            tenant: 'acme',
            anchor: anchorOf('acme'),
            state: 'ACTIVE',
            reason: null,
            seen: null,
            advice: null,
            causes: [],
            subject: 'CN=acme_device01',
            validTo: '2026-02-01T12:00:00.000Z',
            firstSeenAt: '2026-01-31T12:00:00.000Z',
            decidedAt: '2026-01-31T12:00:00.000Z',
            history: [
              { at: '2026-01-31T12:00:00.000Z', actor: 'onboarding', state: 'ACTIVE', reason: null, seen: null },
            ],
          },
        ],
        presence: {
          connected: true,
          certificate: one,
          at: '2026-01-31T12:00:00.000Z',
          ip: '192.0.2.1',
          disconnectReason: null,
        },
        mismatch: {
          code: 'CLIENT_ID_MISMATCH',
          tried: 'device01',
          at: '2026-01-31T12:00:00.000Z',
          ip: null,
          count: 1,
        },
      },
    });
  });

  test('N-08: a client id with a certificate that lost it shows both, its owner first', async () => {
    await api.onboarded(one, acme, 'acme_device01');
    await api.decided(two, acme, 'reject', 'acme_device01', NOW + 1);
    const { body } = await get('/tenants/acme/devices/acme_device01');
    expect(body).toMatchObject({ state: 'ACTIVE', certificates: [{ fingerprint: one }, { fingerprint: two }] });
  });

  test('a device is shown before the index knows its certificate', async () => {
    await api.onboarded(one, acme, 'acme_device01');
    api.certificates.listing.ofClientId = async () => ({ items: [], cursor: null });
    expect((await get('/operator/devices/acme_device01')).body).toMatchObject({ certificates: [{ fingerprint: one }] });
  });

  test('by fingerprint shows that certificate alone, with what an operator does about its reason', async () => {
    await api.onboarded(one, acme, 'acme_device01');
    await api.decided(two, acme, 'reject', 'acme_device01');
    await api.devices.recordMismatch('acme_device01', { tried: 'device01', at: NOW, ip: null });
    expect((await get(`/operator/devices/${two}`)).body).toMatchObject({
      clientId: 'acme_device01',
      state: 'REJECTED',
      reason: 'CLIENT_ID_CONFLICT',
      advice: REASONS.CLIENT_ID_CONFLICT.action,
      thingName: null,
      certificates: [{ fingerprint: two }],
      mismatch: null,
    });
    expect((await get(`/operator/devices/${one}`)).body).toMatchObject({ mismatch: { tried: 'device01' } });
  });

  test('V-08: one that is suspended says what lets it in again', async () => {
    await api.onboarded(one, acme, 'acme_device01');
    const record = await api.certificates.find(one);
    if (record === null) throw new Error('expected the device to be there');
    api.certificates.records.set(one, { ...record, causes: ['GRANT_REMOVED'] });
    expect((await get('/operator/devices/acme_device01')).body).toMatchObject({
      state: 'SUSPENDED',
      reason: null,
      advice: 'give its user the certificate grant again, or create the user again',
    });
  });

  test('V-04: one that is revoked says to approve its new certificate, once that waits', async () => {
    await api.onboarded(one, acme, 'acme_device01');
    const record = await api.certificates.find(one);
    if (record === null) throw new Error('expected the device to be there');
    api.certificates.records.set(one, { ...record, causes: ['REVOKED'] });
    const advice = async () => (await get('/operator/devices/acme_device01')).body['advice'];
    expect(await advice()).toBe('give the device a new certificate: this one is revoked for good');
    await api.decided(fingerprint(9), api.tenant('initech'), 'hold', 'acme_device01');
    expect(await advice()).toBe('give the device a new certificate: this one is revoked for good');
    await api.decided(two, acme, 'hold', 'acme_device01');
    expect(await advice()).toBe(`approve its new certificate, ${two}`);
    // of each certificate what is to be done about it; nothing of another tenant's
    expect((await get('/tenants/acme/devices/acme_device01')).body['certificates']).toMatchObject([
      { fingerprint: one, advice: `approve its new certificate, ${two}` },
      { fingerprint: two, advice: REASONS.APPROVAL_REQUIRED.action },
    ]);
  });

  test('a certificate without a client id is shown by its fingerprint; one not yet decided to operators only', async () => {
    await api.decided(one, acme, 'reject', null);
    expect((await get(`/tenants/acme/devices/${one}`)).body).toMatchObject({ clientId: null, state: 'REJECTED' });
    await api.certificates.claim(two, { owner: 'a', now: NOW, until: NOW });
    expect((await get(`/operator/devices/${two}`)).body).toMatchObject({ state: 'PENDING', tenant: null });
    expect((await get(`/tenants/acme/devices/${two}`)).status).toBe(404);
  });

  test('N-12: a device that is keyed in lower case is found by its client id as it is spelled, and by no other', async () => {
    await api.onboarded(one, acme, 'acme_Pump', 'acme_pump');
    expect((await get('/operator/devices/acme_Pump')).body).toMatchObject({ clientId: 'acme_Pump' });
    expect((await get('/operator/devices/acme_pump')).status).toBe(404);
  });

  test('R-01: what never was let in is found by its client id, whatever naming gave it', async () => {
    await api.decided(one, acme, 'reject', 'acme_device01');
    await api.decided(two, globex, 'hold', 'machine-4');
    for (const route of ['/operator', '/tenants/acme'])
      expect((await get(`${route}/devices/acme_device01`)).body).toMatchObject({ state: 'REJECTED', tenant: 'acme' });
    for (const route of ['/operator', '/tenants/globex'])
      expect((await get(`${route}/devices/machine-4`)).body).toMatchObject({ state: 'HELD', tenant: 'globex' });
    expect((await get('/tenants/acme/devices/machine-4')).status).toBe(404);
  });

  test('a client id that two tenants gave shows the certificates of both to operators, and whose each is', async () => {
    await api.onboarded(one, globex, 'machine-4');
    await api.decided(two, acme, 'reject', 'machine-4', NOW + 1);
    expect((await get('/operator/devices/machine-4')).body).toMatchObject({
      tenant: 'globex',
      state: 'ACTIVE',
      certificates: [
        { fingerprint: one, tenant: 'globex' },
        { fingerprint: two, tenant: 'acme' },
      ],
    });
  });

  test('of more certificates than are looked at, those decided last count', async () => {
    const ids = Array.from({ length: 30 }, (_, n) => fingerprint(100 + n));
    for (const [n, id] of ids.entries()) await api.decided(id, acme, 'reject', 'machine-4', NOW + n);
    const shown = (await get('/operator/devices/machine-4')).body['certificates'];
    const newest = ids.toReversed().map((id) => ({ fingerprint: id }));
    expect(shown).toMatchObject(newest.slice(0, (shown as unknown[]).length));
    expect(newest.length).toBeGreaterThan((shown as unknown[]).length);
  });
});

describe('steer', () => {
  test('approve records the word and its history, asks for convergence and answers 202', async () => {
    await api.decided(one, acme, 'hold', 'acme_device01');
    expect(await post('/tenants/acme/devices/acme_device01/approve')).toMatchObject({
      status: 202,
      body: { fingerprint: one, clientId: 'acme_device01', accepted: 'approve' },
    });
    expect(await api.certificates.find(one)).toMatchObject({
      operatorWord: { verdict: 'approve', at: NOW, by: OPERATOR },
      version: 2,
      settled: false,
      history: [{ actor: 'onboarding' }, { at: NOW, actor: OPERATOR, state: 'HELD', seen: 'approve' }],
    });
    expect(api.commands).toEqual([{ certificateId: one, commandId: 'id-1' }]);
  });

  test('reject leads out of HELD, retry out of REJECTED, by fingerprint as well', async () => {
    await api.decided(one, acme, 'hold', 'acme_device01');
    expect((await post(`/operator/devices/${one}/reject`)).body).toMatchObject({ accepted: 'reject' });
    expect((await api.certificates.find(one))?.operatorWord).toMatchObject({ verdict: 'reject' });
    await api.decided(two, acme, 'reject', null);
    expect((await post(`/tenants/acme/devices/${two}/retry`)).body).toMatchObject({
      accepted: 'retry',
      clientId: null,
    });
    expect(api.commands.map(({ certificateId }) => certificateId)).toEqual([one, two]);
  });

  test('retry takes back a refusal of an operator and leaves an approval standing', async () => {
    for (const [id, verdict, left] of [
      [one, 'reject', null],
      [two, 'approve', { verdict: 'approve', at: 1, by: 'op' }],
    ] as const) {
      await api.decided(id, acme, 'reject', null);
      const entry = { at: 1, actor: 'op', state: 'REJECTED', reason: null, seen: null, rules: 1 } as const;
      await api.certificates.recordOperatorWord(id, 1, { verdict, at: 1, by: 'op' }, entry);
      expect((await post(`/operator/devices/${id}/retry`)).status).toBe(202);
      expect((await api.certificates.find(id))?.operatorWord).toEqual(left);
    }
  });

  test.each([
    ['approve', 'accept', 'ACTIVE'],
    ['approve', 'reject', 'REJECTED'],
    ['reject', 'accept', 'ACTIVE'],
    ['reject', 'reject', 'REJECTED'],
    ['retry', 'accept', 'ACTIVE'],
    ['retry', 'hold', 'HELD'],
  ] as const)(
    'R-02: %s of a certificate on verdict %s is refused with its state and changes nothing',
    async (verb, kind, state) => {
      await api.decided(one, acme, kind, 'acme_device01');
      const before = await api.certificates.find(one);
      const answer = await post(`/operator/devices/${one}/${verb}`);
      expect(answer).toMatchObject({ status: 409, body: { code: 'WRONG_STATE' } });
      expect(answer.body['detail']).toMatch(new RegExp(`to ${verb}, but ${one} is ${state}: .`));
      expect(await api.certificates.find(one)).toEqual(before);
      expect(before && stateOf(before)).toBe(state);
      expect(api.commands).toEqual([]);
    },
  );

  test.each(['accept', 'hold'] as const)(
    'J-08: retry sends the command again for a certificate on verdict %s that IoT Core was not brought to, and writes nothing',
    async (kind) => {
      await api.decided(one, acme, kind, 'acme_device01');
      const settled = await api.certificates.find(one);
      if (!settled) throw new Error('expected the record');
      const unfinished = { ...settled, settled: false };
      api.certificates.records.set(one, unfinished);

      expect(await post('/tenants/acme/devices/acme_device01/retry')).toMatchObject({
        status: 202,
        body: { fingerprint: one, accepted: 'retry' },
      });
      expect(api.commands).toEqual([{ certificateId: one, commandId: 'id-1' }]);
      expect(await api.certificates.find(one)).toEqual(unfinished);
    },
  );

  describe('U-01: retry of a device that is in without a user', () => {
    const ROUTES = ['/tenants/acme', '/operator'];
    const asking = () => api.tenant('acme', { userMatch: 'required' });
    const barred = async (...causes: Cause[]) => {
      const record = await api.certificates.find(one);
      if (record) api.certificates.records.set(one, { ...record, causes });
    };

    test.each(ROUTES)('is taken once its tenant asks for users, by %s', async (route) => {
      await api.onboarded(one, acme, 'acme_device01');
      asking();
      expect(await post(`${route}/devices/acme_device01/retry`)).toMatchObject({
        status: 202,
        body: { fingerprint: one, clientId: 'acme_device01', accepted: 'retry' },
      });
      expect(await api.certificates.find(one)).toMatchObject({
        version: 2,
        settled: false,
        history: [{ actor: 'onboarding' }, { at: NOW, actor: OPERATOR, state: 'ACTIVE', seen: 'retry' }],
      });
      expect(api.commands).toEqual([{ certificateId: one, commandId: 'id-1' }]);
    });

    test.each(ROUTES)('is refused while its tenant asks for none, by %s, and changes nothing', async (route) => {
      await api.onboarded(one, acme, 'acme_device01');
      const before = await api.certificates.find(one);
      const answer = await post(`${route}/devices/acme_device01/retry`);
      expect(answer).toMatchObject({ status: 409, body: { code: 'WRONG_STATE' } });
      expect(answer.body['detail']).toBe(
        'expected a certificate that is REJECTED to retry, but acme_device01 is ACTIVE: it is let in without a user, and its tenant asks for none',
      );
      expect([await api.certificates.find(one), api.commands]).toEqual([before, []]);
    });

    test('is refused when it has its user', async () => {
      await api.onboarded(one, acme, 'acme_device01');
      asking();
      const record = await api.certificates.find(one);
      if (record?.verdict?.kind === 'accept')
        api.certificates.records.set(one, { ...record, verdict: { ...record.verdict, user: 'acme_device01' } });
      const answer = await post('/operator/devices/acme_device01/retry');
      expect(answer).toMatchObject({ status: 409, body: { code: 'WRONG_STATE' } });
      expect(answer.body['detail']).toMatch(/is ACTIVE: it is let in$/);
    });

    test('is written down also when IoT Core was not brought to what was recorded before', async () => {
      await api.onboarded(one, acme, 'acme_device01');
      asking();
      const record = await api.certificates.find(one);
      if (record) api.certificates.records.set(one, { ...record, settled: false });
      expect((await post('/operator/devices/acme_device01/retry')).status).toBe(202);
      expect(await api.certificates.find(one)).toMatchObject({ version: 2, history: [{}, { seen: 'retry' }] });
    });

    test('is taken while it is suspended, and refused once its certificate is done with', async () => {
      await api.onboarded(one, acme, 'acme_device01');
      asking();
      await barred('CA_REVOKED');
      expect((await post('/operator/devices/acme_device01/retry')).status).toBe(202);
      for (const cause of ['EXPIRED', 'REPLACED', 'REVOKED'] as const) {
        const record = await api.certificates.find(one);
        if (record) api.certificates.records.set(one, { ...record, settled: true });
        await barred(cause);
        expect((await post('/operator/devices/acme_device01/retry')).body).toMatchObject({ code: 'WRONG_STATE' });
      }
    });

    test('beside a rejected certificate of its client id is ambiguous: neither is taken for the other', async () => {
      await api.onboarded(one, acme, 'acme_device01');
      await api.decided(two, acme, 'reject', 'acme_device01');
      asking();
      const answer = await post('/operator/devices/acme_device01/retry');
      expect(answer).toMatchObject({ status: 409, body: { code: 'AMBIGUOUS' } });
      expect(answer.body['detail']).toContain(`${one}, ${two}`);
      expect((await post(`/operator/devices/${one}/retry`)).body).toMatchObject({ fingerprint: one });
    });

    test.each(['approve', 'reject'])('says nothing of users for %s', async (verb) => {
      await api.onboarded(one, acme, 'acme_device01');
      asking();
      const answer = await post(`/operator/devices/acme_device01/${verb}`);
      expect(answer).toMatchObject({ status: 409, body: { code: 'WRONG_STATE' } });
      expect(answer.body['detail']).toMatch(/is ACTIVE: it is let in$/);
    });
  });

  test.each(['approve', 'reject'])(
    'J-08: %s of an ACTIVE certificate that IoT Core was not brought to says to retry it',
    async (verb) => {
      await api.decided(one, acme, 'accept', 'acme_device01');
      const detailOf = async () => (await post(`/operator/devices/${one}/${verb}`)).body['detail'];
      expect(await detailOf()).toContain('is ACTIVE: it is let in');
      const record = await api.certificates.find(one);
      if (record) api.certificates.records.set(one, { ...record, settled: false });
      expect(await detailOf()).toContain('is ACTIVE: IoT Core was not brought to it yet, retry it');
    },
  );

  test('J-08: retry of a rejected certificate takes precedence over one that is being decided on', async () => {
    await api.decided(one, acme, 'reject', 'acme_device01');
    await api.decided(two, acme, 'accept', 'acme_device01');
    const record = await api.certificates.find(two);
    if (record) api.certificates.records.set(two, { ...record, settled: false });
    expect((await post('/tenants/acme/devices/acme_device01/retry')).body).toMatchObject({ fingerprint: one });
  });

  test('several certificates that a verb fits are ambiguous: the answer names them', async () => {
    await api.onboarded(one, acme, 'acme_device01');
    await api.decided(two, acme, 'reject', 'acme_device01');
    expect(await post('/operator/devices/acme_device01/retry')).toMatchObject({
      status: 202,
      body: { fingerprint: two },
    });
    await api.decided(three, acme, 'reject', 'acme_device01');
    const answer = await post('/operator/devices/acme_device01/retry');
    expect(answer).toMatchObject({ status: 409, body: { code: 'AMBIGUOUS' } });
    expect(answer.body['detail']).toContain(two);
    expect(answer.body['detail']).toContain(three);
    expect(answer.body['detail']).not.toContain(one);
    expect((await api.certificates.find(three))?.operatorWord).toBeNull();
    expect(api.commands).toHaveLength(1);
  });

  test.each(['approve', 'reject'])('%s finds a held device by its client id alone', async (verb) => {
    await api.decided(one, acme, 'hold', 'machine-4');
    expect(await post(`/operator/devices/machine-4/${verb}`)).toMatchObject({
      status: 202,
      body: { fingerprint: one },
    });
    expect(api.commands).toEqual([{ certificateId: one, commandId: 'id-1' }]);
  });

  test("R-07: a client id that two tenants gave is ambiguous to operators, and each tenant's own under its path", async () => {
    await api.decided(one, acme, 'hold', 'machine-4');
    await api.decided(two, globex, 'hold', 'machine-4');
    const answer = await post('/operator/devices/machine-4/approve');
    expect(answer).toMatchObject({ status: 409, body: { code: 'AMBIGUOUS' } });
    expect(answer.body['detail']).toContain(one);
    expect(answer.body['detail']).toContain(two);
    expect(api.commands).toEqual([]);
    expect(await post('/tenants/acme/devices/machine-4/approve')).toMatchObject({ body: { fingerprint: one } });
    expect(await post('/tenants/globex/devices/machine-4/reject')).toMatchObject({ body: { fingerprint: two } });
  });

  test('a certificate that changes at the same moment is looked at again', async () => {
    await api.decided(one, acme, 'hold', 'acme_device01');
    const { recordOperatorWord } = api.certificates;
    let refused = 0;
    api.deps.certificates.recordOperatorWord = async (...parts) => {
      refused += 1;
      return refused < 3 ? null : recordOperatorWord(...parts);
    };
    expect((await post(`/operator/devices/${one}/approve`)).status).toBe(202);
    api.deps.certificates.recordOperatorWord = async () => null;
    expect(await post(`/operator/devices/${one}/approve`)).toMatchObject({
      status: 409,
      body: { code: 'CHANGED_MEANWHILE' },
    });
    expect(api.commands).toHaveLength(1);
  });
});

describe('R-07: under the path of one tenant nothing of another is there', () => {
  beforeEach(async () => {
    await api.onboarded(one, globex, 'globex_pump1');
    await api.decided(two, globex, 'hold', 'globex_pump2');
    await api.decided(three, globex, 'reject', 'globex_pump3');
  });

  test.each(['globex_pump1', 'globex_pump2', 'globex_pump3', one, two, three])('%s', async (name) => {
    const before = [...api.certificates.records.values()];
    const shown = await get(`/tenants/acme/devices/${name}`);
    expect(shown).toMatchObject({ status: 404, body: { code: 'DEVICE_UNKNOWN' } });
    const unknown = await get(`/tenants/acme/devices/${fingerprint(9)}`);
    expect(JSON.stringify(shown).replaceAll(name, '')).toBe(JSON.stringify(unknown).replaceAll(fingerprint(9), ''));
    for (const verb of ['approve', 'reject', 'retry'])
      expect(await post(`/tenants/acme/devices/${name}/${verb}`)).toMatchObject({ status: 404 });
    expect([...api.certificates.records.values()]).toEqual(before);
    expect(api.commands).toEqual([]);
  });

  test('not even what it heard of a client id that a certificate of both gave', async () => {
    await api.onboarded(four, globex, 'pump1');
    await api.devices.recordMismatch('pump1', { tried: 'pump2', at: NOW, ip: null });
    const mine = fingerprint(5);
    await api.decided(mine, acme, 'reject', 'pump1');
    const { body } = await get('/tenants/acme/devices/pump1');
    expect(body).toMatchObject({ tenant: 'acme', state: 'REJECTED', mismatch: null });
    expect(body['certificates']).toMatchObject([{ fingerprint: mine }]);
    const own = await get('/tenants/globex/devices/pump1');
    expect(own.body).toMatchObject({ state: 'ACTIVE', mismatch: { tried: 'pump2' } });
    expect(own.body['certificates']).toMatchObject([{ fingerprint: four }]);
  });

  test('its devices are in no list, by no filter, and its anchor is not found', async () => {
    const id = anchorOf('globex');
    api.anchors.anchors.set(id, anAnchor({ id, tenant: globex }));
    for (const query of [{}, { state: 'HELD' }, { prefix: 'globex' }, { since: '2026-01-01T00:00:00Z' }])
      expect((await get('/tenants/acme/devices', query)).body).toEqual({ devices: [], cursor: null });
    expect(await get('/tenants/acme/devices', { anchor: id })).toMatchObject({
      status: 404,
      body: { code: 'ANCHOR_UNKNOWN' },
    });
    expect(await get('/tenants/globex/devices', { anchor: id })).toMatchObject({ status: 200 });
  });
});

describe('list', () => {
  const anchor = anchorOf('acme');
  beforeEach(async () => {
    api.anchors.anchors.set(anchor, anAnchor({ id: anchor, tenant: acme }));
    await api.decided(one, acme, 'accept', 'acme_pump1', NOW - 1_000);
    await api.decided(two, acme, 'hold', 'acme_pump2', NOW);
    await api.decided(three, acme, 'reject', 'acme_valve1', NOW + 1_000);
    await api.decided(four, acme, 'hold', 'acme_valve2', NOW + 2_000);
  });
  const listed = async (query: Record<string, string>) => {
    const { status, body } = await get('/tenants/acme/devices', query);
    expect(status).toBe(200);
    return (body['devices'] as { clientId: string }[]).map((device) => device.clientId);
  };

  test.each([
    [{}, ['acme_pump1', 'acme_pump2', 'acme_valve1', 'acme_valve2']],
    [{ state: 'HELD' }, ['acme_pump2', 'acme_valve2']],
    [{ prefix: 'acme_valve' }, ['acme_valve1', 'acme_valve2']],
    [{ since: '2026-01-31T12:00:01Z' }, ['acme_valve1', 'acme_valve2']],
    [{ anchor }, ['acme_pump1', 'acme_pump2', 'acme_valve1', 'acme_valve2']],
    [{ anchor, state: 'HELD', prefix: 'acme_v', since: '2026-01-31T12:00:00Z' }, ['acme_valve2']],
    [{ state: 'HELD', prefix: 'acme_p' }, ['acme_pump2']],
  ])('by %j', async (query, names) => {
    expect(await listed(query)).toEqual(names);
  });

  test('a line says state, reason and what was seen', async () => {
    expect((await get('/tenants/acme/devices', { state: 'REJECTED' })).body).toEqual({
      devices: [
        {
          clientId: 'acme_valve1',
          fingerprint: three,
          tenant: 'acme',
          anchor,
          state: 'REJECTED',
          reason: 'CLIENT_ID_CONFLICT',
          seen: 'seen',
          firstSeenAt: '2026-01-31T12:00:01.000Z',
          decidedAt: '2026-01-31T12:00:01.000Z',
          validTo: '2026-02-01T12:00:00.000Z',
        },
      ],
      cursor: null,
    });
  });

  test.each([1, 2])('pages of %i of a filtered list are full, and together give each line once', async (limit) => {
    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const query = { limit: `${limit}`, prefix: 'acme_', since: '2026-01-31T12:00:00Z', ...(cursor && { cursor }) };
      const { body } = await get('/tenants/acme/devices', query);
      const devices = body['devices'] as { clientId: string }[];
      names.push(...devices.map((device) => device.clientId));
      if (body['cursor'] !== null) expect(devices).toHaveLength(limit);
      expect(devices.length).toBeLessThanOrEqual(limit);
      cursor = (body['cursor'] as string | null) ?? undefined;
    } while (cursor);
    expect(names).toEqual(['acme_pump2', 'acme_valve1', 'acme_valve2']);
  });

  test.each([
    [{ state: 'GONE' }, 'state: expected one of PENDING'],
    [{ limit: '0' }, 'limit: expected a limit from 1 to 100, got "0"'],
    [{ limit: '101' }, 'limit'],
    [{ since: 'yesterday' }, 'since: expected an ISO 8601 time'],
    [{ anchor: 'x' }, 'anchor: expected a SHA-256 fingerprint'],
    [{ sate: 'HELD' }, 'sate'],
  ])('%j is refused with what was expected', async (query, detail) => {
    const answer = await get('/tenants/acme/devices', query);
    expect(answer).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } });
    expect(answer.body['detail']).toContain(detail);
  });

  test('of an unknown tenant is not found', async () => {
    expect(await get('/tenants/umbrella/devices')).toMatchObject({ status: 404, body: { code: 'TENANT_UNKNOWN' } });
  });
});

test('a client id is what it is: a device is not found by a part or another case of it', async () => {
  await api.onboarded(one, acme, 'acme_device01');
  for (const name of ['acme_device0', 'acme_device011', 'ACME_device01', 'device01'])
    expect((await get(`/operator/devices/${name}`)).status).toBe(404);
});
