import { beforeEach, describe, expect, test } from 'vitest';
import type { Cause, CertificateRecord } from '#domain/certificate.ts';
import type { Device } from '#domain/device.ts';
import type { CertificateId, TenantName } from '#domain/ids.ts';
import { anAnchor } from '#support/onboarding-world.ts';
import { anchorOf, fingerprint, NOW, OPERATOR, startOpsApi } from '#support/ops-api.ts';

const [one, two, three, four] = [fingerprint(1), fingerprint(2), fingerprint(3), fingerprint(4)];
const NAME = 'acme_device01';
const ROUTES = ['/tenants/acme', '/operator'];
const ARN = 'arn:aws:acm-pca:eu-central-1:123456789012:certificate-authority/00000000-0000-4000-8000-000000000001';

let api: ReturnType<typeof startOpsApi>;
let acme: TenantName;
beforeEach(() => {
  api = startOpsApi();
  acme = api.tenant('acme');
});

const post = (path: string) => api.call('POST', path);
const device = (key = NAME): Device => {
  const found = api.devices.devices.get(key);
  if (!found) throw new Error('expected the device');
  return found;
};
const setDevice = (changes: Partial<Device>, key = NAME) =>
  api.devices.devices.set(key, { ...device(key), ...changes });
const record = (id: CertificateId): CertificateRecord => {
  const found = api.certificates.records.get(id);
  if (!found) throw new Error(`expected the record of ${id}`);
  return found;
};
const setRecord = (id: CertificateId, changes: Partial<CertificateRecord>) =>
  api.certificates.records.set(id, { ...record(id), ...changes });
const asked = () => api.commands.map(({ certificateId }) => certificateId);
/** What onboarding does of it: the certificate says what bars its device, and is done. */
const followed = (...ids: readonly CertificateId[]) => {
  for (const id of ids) setRecord(id, { causes: device().causes, settled: true });
  api.commands.length = 0;
};
const everything = () =>
  structuredClone([[...api.certificates.records], [...api.devices.devices], api.commands, api.trustCommands]);

/** A device with its newest certificate, the former one and one beside it. */
const withThree = async () => {
  await api.onboarded(one, acme, NAME);
  for (const id of [two, three]) await api.decided(id, acme, 'accept', NAME);
  setDevice({ former: { certificateId: two, until: NOW + 1_000 }, others: [three] });
};

describe('V-04: suspend', () => {
  test.each(ROUTES)('bars the device, tells every certificate of it and answers 202, by %s', async (route) => {
    await withThree();
    await api.decided(four, acme, 'reject', NAME);
    expect(await post(`${route}/devices/${NAME}/suspend`)).toMatchObject({
      status: 202,
      body: { fingerprint: one, clientId: NAME, accepted: 'suspend' },
    });
    expect(device().causes).toEqual(['OPERATOR']);
    expect(asked()).toEqual([one, two, three]);
    for (const id of [one, two, three])
      expect(record(id)).toMatchObject({
        version: 2,
        settled: false,
        causes: [],
        history: [
          { actor: 'onboarding' },
          { at: NOW, actor: OPERATOR, state: 'ACTIVE', reason: null, seen: 'suspend' },
        ],
      });
    expect(record(four).version).toBe(1);
  });

  test('writes the fact before it tells anyone', async () => {
    await api.onboarded(one, acme, NAME);
    api.deps.commands.send = async () => {
      expect(device().causes).toEqual(['OPERATOR']);
    };
    api.deps.certificates.recordChange = (
      (change) =>
      async (...parts: Parameters<typeof change>) => {
        expect(device().causes).toEqual(['OPERATOR']);
        return change(...parts);
      }
    )(api.certificates.recordChange);
    expect((await post(`/operator/devices/${NAME}/suspend`)).status).toBe(202);
  });

  test('by the fingerprint of any certificate of the device is about the device', async () => {
    await withThree();
    expect((await post(`/operator/devices/${three}/suspend`)).body).toMatchObject({
      fingerprint: three,
      clientId: NAME,
    });
    expect(device().causes).toEqual(['OPERATOR']);
    expect(asked()).toEqual([one, two, three]);
  });

  test('N-12: finds a device that is keyed in lower case', async () => {
    await api.onboarded(one, acme, 'acme_Pump', 'acme_pump');
    expect((await post('/operator/devices/acme_Pump/suspend')).status).toBe(202);
    expect(device('acme_pump').causes).toEqual(['OPERATOR']);
  });

  test('a repeat is taken as long as a certificate has not followed, and refused once all have', async () => {
    await withThree();
    await post(`/operator/devices/${NAME}/suspend`);
    followed(one, two);
    expect((await post(`/operator/devices/${NAME}/suspend`)).status).toBe(202);
    expect(asked()).toEqual([three]);
    followed(three);
    const before = everything();
    const again = await post(`/operator/devices/${NAME}/suspend`);
    expect(again).toMatchObject({ status: 409, body: { code: 'WRONG_STATE' } });
    expect(again.body['detail']).toBe(
      `expected a device that is let in to suspend, but ${NAME} is SUSPENDED: an operator suspended it already; resume it to let it in again`,
    );
    expect(everything()).toEqual(before);
  });

  test('a repeat goes on where an attempt died after the fact, and after the note in a record', async () => {
    await withThree();
    const { recordChange } = api.certificates;
    api.deps.certificates.recordChange = async () => Promise.reject(new Error('died'));
    expect((await post(`/operator/devices/${NAME}/suspend`)).status).toBe(500);
    api.deps.certificates.recordChange = recordChange;
    api.deps.commands.send = async () => Promise.reject(new Error('died'));
    expect((await post(`/operator/devices/${NAME}/suspend`)).status).toBe(500);
    expect([device().causes, record(one).settled, record(two).settled]).toEqual([['OPERATOR'], false, true]);
    api.deps.commands.send = async (command) => void api.commands.push(command);
    expect((await post(`/operator/devices/${NAME}/suspend`)).status).toBe(202);
    expect(asked()).toEqual([one, two, three]);
  });

  test('a repeat is taken while one that says so is not converged, and not for one that was not let in', async () => {
    await withThree();
    await api.decided(four, acme, 'hold', NAME);
    setDevice({ certificateId: four, former: null, others: [one] });
    await post(`/operator/devices/${NAME}/suspend`);
    expect(asked()).toEqual([four, one]);
    followed(one);
    setRecord(four, { settled: true });
    setRecord(one, { settled: false });
    expect((await post(`/operator/devices/${NAME}/suspend`)).status).toBe(202);
    expect(asked()).toEqual([one]);
    followed(one);
    expect((await post(`/operator/devices/${NAME}/suspend`)).status).toBe(409);
  });

  test('leaves what else bars the device', async () => {
    await api.onboarded(one, acme, NAME);
    setDevice({ causes: ['BLOCKED'] });
    await post(`/operator/devices/${NAME}/suspend`);
    expect(device().causes).toEqual(['BLOCKED', 'OPERATOR']);
  });

  test.each([
    ['hold', 'HELD: approve or reject the device'],
    ['reject', 'REJECTED: give the device a name of its own'],
  ] as const)('of what is on verdict %s is refused with what to do, and changes nothing', async (kind, words) => {
    await api.decided(one, acme, kind, NAME);
    const before = everything();
    for (const name of [NAME, one]) {
      const answer = await post(`/operator/devices/${name}/suspend`);
      expect(answer).toMatchObject({ status: 409, body: { code: 'WRONG_STATE' } });
      expect(answer.body['detail']).toContain(`expected a device that is let in to suspend, but ${name} is ${words}`);
    }
    expect(everything()).toEqual(before);
  });

  test('of a certificate that its device was renewed from is refused: the device is another', async () => {
    await api.onboarded(one, acme, NAME);
    await api.decided(two, acme, 'accept', NAME);
    setRecord(two, { causes: ['REPLACED'] });
    const answer = await post(`/operator/devices/${two}/suspend`);
    expect(answer).toMatchObject({ status: 409, body: { code: 'WRONG_STATE' } });
    expect(answer.body['detail']).toContain('is RETIRED: let the device use its newer certificate');
    expect(device().causes).toEqual([]);
  });

  test('J-11: a newcomer that took the device at that moment is told as well', async () => {
    await api.onboarded(one, acme, NAME);
    await api.decided(two, acme, 'accept', NAME);
    const { setCauses } = api.devices;
    api.deps.devices.setCauses = async (...parts) => {
      const done = await setCauses(...parts);
      setDevice({ certificateId: two, former: { certificateId: one, until: null } });
      return done;
    };
    await post(`/operator/devices/${NAME}/suspend`);
    expect(asked()).toEqual([two, one]);
  });

  test('is repeated when others change what bars the device, and gives up when they go on', async () => {
    await api.onboarded(one, acme, NAME);
    const { setCauses } = api.devices;
    let calls = 0;
    api.deps.devices.setCauses = async (...parts) => {
      calls += 1;
      if (calls === 1) setDevice({ causes: ['BLOCKED'] });
      return setCauses(...parts);
    };
    expect((await post(`/operator/devices/${NAME}/suspend`)).status).toBe(202);
    expect(device().causes).toEqual(['BLOCKED', 'OPERATOR']);
    api.deps.devices.setCauses = async () => false;
    expect(await post(`/operator/devices/${NAME}/resume`)).toMatchObject({
      status: 409,
      body: { code: 'CHANGED_MEANWHILE' },
    });
  });

  test('a certificate that others change each time is left for a repeat', async () => {
    await api.onboarded(one, acme, NAME);
    api.deps.certificates.recordChange = async () => null;
    expect(await post(`/operator/devices/${NAME}/suspend`)).toMatchObject({ status: 503, body: { code: 'TRY_AGAIN' } });
    expect(api.commands).toEqual([]);
  });
});

describe('V-04: resume', () => {
  beforeEach(async () => {
    await withThree();
    await post(`/operator/devices/${NAME}/suspend`);
    followed(one, two, three);
  });

  test.each(ROUTES)('takes the suspension away, tells every certificate and answers 202, by %s', async (route) => {
    setDevice({ causes: ['BLOCKED', 'OPERATOR'] });
    expect(await post(`${route}/devices/${NAME}/resume`)).toMatchObject({
      status: 202,
      body: { fingerprint: one, clientId: NAME, accepted: 'resume' },
    });
    expect(device().causes).toEqual(['BLOCKED']);
    expect(asked()).toEqual([one, two, three]);
    expect(record(one).history.at(-1)).toMatchObject({ actor: OPERATOR, state: 'SUSPENDED', seen: 'resume' });
  });

  test('a repeat is taken as long as a certificate has not followed, and refused once all have', async () => {
    await post(`/operator/devices/${NAME}/resume`);
    followed(one, three);
    expect((await post(`/operator/devices/${NAME}/resume`)).status).toBe(202);
    expect(asked()).toEqual([two]);
    followed(two);
    const again = await post(`/operator/devices/${NAME}/resume`);
    expect(again).toMatchObject({ status: 409, body: { code: 'WRONG_STATE' } });
    expect(again.body['detail']).toBe(
      `expected a device that an operator suspended to resume, but ${NAME} is ACTIVE: it is let in`,
    );
    expect(api.commands).toEqual([]);
  });

  test('V-03: of what something else bars says what lifts that', async () => {
    await post(`/operator/devices/${NAME}/resume`);
    for (const id of [one, two, three]) setRecord(id, { causes: ['CA_REVOKED', 'GRANT_REMOVED'], settled: true });
    const answer = await post(`/operator/devices/${NAME}/resume`);
    expect(answer.status).toBe(409);
    expect(answer.body['detail']).toContain(
      'is SUSPENDED: restore the trust anchor, and give its user the certificate grant again',
    );
  });
});

describe('V-04: revoke', () => {
  test.each(ROUTES)('is a fact of the device, of every certificate of it, and final: by %s', async (route) => {
    await withThree();
    expect(await post(`${route}/devices/${NAME}/revoke`)).toMatchObject({
      status: 202,
      body: { fingerprint: one, clientId: NAME, accepted: 'revoke' },
    });
    expect(device().causes).toEqual(['REVOKED']);
    expect(asked()).toEqual([one, two, three]);
    followed(one, two, three);

    const before = everything();
    for (const name of [NAME, one, three])
      for (const verb of ['resume', 'suspend']) {
        const answer = await post(`${route}/devices/${name}/${verb}`);
        expect(answer).toMatchObject({ status: 409, body: { code: 'WRONG_STATE' } });
        expect(answer.body['detail']).toContain(
          'is REVOKED: it is revoked for good; give the device a new certificate',
        );
      }
    expect(everything()).toEqual(before);
  });

  test("by the fingerprint of the device's newest certificate revokes the device", async () => {
    await withThree();
    expect((await post(`/operator/devices/${one}/revoke`)).status).toBe(202);
    expect(device().causes).toEqual(['REVOKED']);
    expect(asked()).toEqual([one, two, three]);
  });

  test.each([
    ['that its device was renewed from', two],
    ['beside the newest', three],
  ])('by the fingerprint of one %s revokes that alone', async (_, id) => {
    await withThree();
    expect((await post(`/operator/devices/${id}/revoke`)).body).toMatchObject({ fingerprint: id, accepted: 'revoke' });
    expect(device().causes).toEqual([]);
    expect(asked()).toEqual([id]);
    expect(record(id)).toMatchObject({
      causes: ['REVOKED'],
      settled: false,
      history: [{}, { at: NOW, actor: OPERATOR, state: 'REVOKED', seen: 'revoke' }],
    });
    expect(record(one)).toMatchObject({ causes: [], settled: true });

    setRecord(id, { settled: true });
    for (const verb of ['resume', 'revoke'])
      expect(await post(`/operator/devices/${id}/${verb}`)).toMatchObject({
        status: 409,
        body: { code: 'WRONG_STATE', detail: expect.stringContaining('is REVOKED: it is revoked for good') },
      });
  });

  test.each(['hold', 'reject'] as const)(
    'of a certificate on verdict %s takes its fingerprint, not its client id',
    async (kind) => {
      await api.decided(one, acme, kind, NAME);
      const before = everything();
      const answer = await post(`/operator/devices/${NAME}/revoke`);
      expect(answer).toMatchObject({ status: 409, body: { code: 'WRONG_STATE' } });
      expect(answer.body['detail']).toMatch(new RegExp(`; or name ${one}$`));
      expect(everything()).toEqual(before);
      expect((await post(`/operator/devices/${one}/revoke`)).status).toBe(202);
      expect(record(one).causes).toEqual(['REVOKED']);
      expect(asked()).toEqual([one]);
    },
  );

  test('of one that holds its client id and was not let in leaves the device as it is', async () => {
    await api.onboarded(one, acme, NAME);
    await api.decided(two, acme, 'hold', NAME);
    setDevice({ certificateId: two, former: { certificateId: one, until: null } });
    expect((await post(`/operator/devices/${two}/revoke`)).status).toBe(202);
    expect([device().causes, record(two).causes, asked()]).toEqual([[], ['REVOKED'], [two]]);
  });

  test('of one that is not decided yet is refused', async () => {
    await api.certificates.claim(one, { owner: 'event', now: NOW, until: NOW });
    const answer = await post(`/operator/devices/${one}/revoke`);
    expect(answer).toMatchObject({ status: 409, body: { code: 'WRONG_STATE' } });
    expect(answer.body['detail']).toContain('is PENDING: it is being decided, look again in a moment');
  });

  test('a repeat is taken until every certificate has followed', async () => {
    await withThree();
    await post(`/operator/devices/${NAME}/revoke`);
    followed(one, three);
    expect((await post(`/operator/devices/${NAME}/revoke`)).status).toBe(202);
    expect(asked()).toEqual([two]);
    followed(two);
    expect(await post(`/operator/devices/${NAME}/revoke`)).toMatchObject({
      status: 409,
      body: { code: 'WRONG_STATE', detail: expect.stringContaining('is REVOKED: it is revoked for good') },
    });
  });

  test('a certificate that was revoked alone and not settled is told again', async () => {
    await withThree();
    await post(`/operator/devices/${three}/revoke`);
    api.commands.length = 0;
    expect((await post(`/operator/devices/${three}/revoke`)).status).toBe(202);
    expect(asked()).toEqual([three]);
    expect(record(three).causes).toEqual(['REVOKED']);
  });

  describe('V-04, I-07: of what a private CA signed', () => {
    beforeEach(async () => {
      const id = anchorOf('acme');
      api.anchors.anchors.set(id, anAnchor({ id, tenant: acme, privateCaArn: ARN }));
      await withThree();
    });

    test('tells that CA of each certificate, and again when it is repeated: it may not have heard', async () => {
      await post(`/operator/devices/${NAME}/revoke`);
      const told = [one, two, three].map((id) => ({
        act: 'private-ca',
        certificateId: id,
        commandId: expect.any(String),
      }));
      expect(api.trustCommands).toEqual(told);
      followed(one, two, three);
      expect((await post(`/operator/devices/${NAME}/revoke`)).status).toBe(202);
      expect(api.trustCommands).toEqual([...told, ...told]);
      expect(api.commands).toEqual([]);
    });

    test('tells that CA of the one that is revoked alone', async () => {
      await post(`/operator/devices/${two}/revoke`);
      expect(api.trustCommands).toMatchObject([{ act: 'private-ca', certificateId: two }]);
    });

    test('no other verb tells it anything', async () => {
      for (const verb of ['suspend', 'resume', 'block', 'unblock']) await post(`/operator/devices/${NAME}/${verb}`);
      expect(api.trustCommands).toEqual([]);
    });
  });

  test('of what no private CA signed tells none', async () => {
    const id = anchorOf('acme');
    api.anchors.anchors.set(id, anAnchor({ id, tenant: acme }));
    await withThree();
    await post(`/operator/devices/${NAME}/revoke`);
    expect(api.trustCommands).toEqual([]);
  });
});

describe('approve of a new certificate for a device that is barred', () => {
  const held = (causes: readonly Cause[]) => {
    setDevice({ causes });
    setRecord(one, { causes, settled: true });
  };
  beforeEach(async () => {
    await api.onboarded(one, acme, NAME);
    await api.decided(two, acme, 'hold', NAME);
    const { verdict } = record(two);
    if (verdict?.kind === 'hold') setRecord(two, { verdict: { ...verdict, reason: 'DEVICE_BARRED' } });
  });

  test.each([
    ['client id', NAME],
    ['fingerprint', two],
  ])(
    'V-04: lifts that the device is revoked, by its %s: the operator says yes to the new identity',
    async (_, name) => {
      held(['REVOKED']);
      expect(await post(`/tenants/acme/devices/${name}/approve`)).toMatchObject({
        status: 202,
        body: { fingerprint: two },
      });
      expect(device().causes).toEqual([]);
      expect(record(two).operatorWord).toMatchObject({ verdict: 'approve' });
      expect(record(one).causes).toEqual(['REVOKED']);
      expect(asked()).toEqual([two]);
    },
  );

  test.each(['DEVICE_BARRED', 'APPROVAL_REQUIRED'] as const)(
    'V-04: of the key that was revoked is refused while it waits for %s, and changes nothing',
    async (reason) => {
      held(['REVOKED']);
      const { verdict } = record(two);
      if (verdict?.kind === 'hold') setRecord(two, { verdict: { ...verdict, reason }, publicKeyId: 'stolen' });
      setRecord(one, { publicKeyId: 'stolen' });
      const before = everything();
      expect(await post(`/operator/devices/${NAME}/approve`)).toMatchObject({
        status: 409,
        body: {
          code: 'KEY_REVOKED',
          detail: `this key was revoked with certificate ${one}: make a new key and request`,
        },
      });
      expect(everything()).toEqual(before);
    },
  );

  test('V-04: is refused for a key that was revoked with a certificate that is none of the device any more', async () => {
    await api.decided(three, acme, 'accept', NAME);
    setRecord(three, { causes: ['REVOKED'], publicKeyId: 'stolen' });
    setRecord(two, { publicKeyId: 'stolen' });
    expect((await post(`/operator/devices/${two}/approve`)).body).toMatchObject({ code: 'KEY_REVOKED' });
  });

  test('V-04: of a device that has come with no other certificate is not held against itself', async () => {
    setDevice({ certificateId: two, causes: ['REVOKED'] });
    setRecord(two, { publicKeyId: 'its own' });
    expect((await post(`/operator/devices/${two}/approve`)).status).toBe(202);
  });

  test('is refused until the former certificate is revoked by itself: it would come back', async () => {
    held(['REVOKED']);
    setRecord(one, { causes: [] });
    const before = everything();
    const answer = await post(`/operator/devices/${NAME}/approve`);
    expect(answer).toMatchObject({ status: 409, body: { code: 'DEVICE_BARRED' } });
    expect(answer.body['detail']).toContain('is being revoked: repeat in a moment');
    expect(everything()).toEqual(before);
  });

  test('asks of nobody to be revoked who was not let in', async () => {
    await api.decided(three, acme, 'reject', NAME);
    setDevice({ others: [three] });
    held(['REVOKED']);
    expect((await post(`/operator/devices/${two}/approve`)).status).toBe(202);
  });

  test.each([
    [['OPERATOR'], 'is suspended: resume it, then approve'],
    [['BLOCKED'], 'is blocked: unblock it, then approve'],
    [['REVOKED', 'OPERATOR'], 'is suspended: resume it, then approve'],
    [['BLOCKED', 'REVOKED'], 'is blocked: unblock it, then approve'],
  ] as const)(
    'of a device barred by %j is refused with what to do first, and changes nothing',
    async (causes, words) => {
      held(causes);
      const before = everything();
      const answer = await post(`/operator/devices/${NAME}/approve`);
      expect(answer).toMatchObject({ status: 409, body: { code: 'DEVICE_BARRED' } });
      expect(answer.body['detail']).toContain(`but its device ${NAME} ${words}`);
      expect(everything()).toEqual(before);
    },
  );

  test('lifts nothing for one that waits for another reason: it was not said yes to as a new identity', async () => {
    const { verdict } = record(two);
    if (verdict?.kind === 'hold') setRecord(two, { verdict: { ...verdict, reason: 'APPROVAL_REQUIRED' } });
    held(['REVOKED']);
    expect((await post(`/operator/devices/${NAME}/approve`)).status).toBe(202);
    expect(device().causes).toEqual(['REVOKED']);
  });

  test("R-07: another tenant's device of that client id neither hinders nor is touched", async () => {
    held(['OPERATOR']);
    setDevice({ tenant: api.tenant('globex') });
    expect((await post(`/operator/devices/${two}/approve`)).status).toBe(202);
    expect(device().causes).toEqual(['OPERATOR']);
  });

  test('looks again when others change what bars the device', async () => {
    held(['REVOKED']);
    const { setCauses } = api.devices;
    api.deps.devices.setCauses = async (...parts) => {
      api.deps.devices.setCauses = setCauses;
      setDevice({ causes: ['REVOKED', 'OPERATOR'] });
      return setCauses(...parts);
    };
    expect((await post(`/operator/devices/${NAME}/approve`)).body).toMatchObject({ code: 'DEVICE_BARRED' });
    expect(device().causes).toEqual(['REVOKED', 'OPERATOR']);
    expect(record(two).operatorWord).toBeNull();
  });
});

describe('show', () => {
  test('a device with several certificates: what each is to it, the state of the newest that was accepted', async () => {
    await withThree();
    await api.decided(four, acme, 'reject', NAME, NOW + 1);
    setRecord(two, { causes: ['REPLACED'], decidedAt: NOW + 2 });
    setDevice({ causes: ['OPERATOR'], presence: { ...PRESENCE, certificateId: three } });
    setRecord(one, { causes: ['OPERATOR'] });
    const { body } = await api.call('GET', `/operator/devices/${NAME}`);
    expect(body).toMatchObject({
      state: 'SUSPENDED',
      advice: 'resume the device',
      causes: ['OPERATOR'],
      current: one,
      former: { fingerprint: two, until: new Date(NOW + 1_000).toISOString() },
      others: [three],
      presence: { connected: true, certificate: three },
      certificates: [{ fingerprint: one }, { fingerprint: two }, { fingerprint: three }, { fingerprint: four }],
    });
  });

  test('a newest certificate that is not let in yet does not hide that the former one is', async () => {
    await withThree();
    await api.decided(four, acme, 'hold', NAME, NOW + 1);
    setDevice({ certificateId: four, former: { certificateId: one, until: null }, others: [] });
    const { body } = await api.call('GET', `/operator/devices/${NAME}`);
    expect(body).toMatchObject({ state: 'ACTIVE', current: four, former: { fingerprint: one, until: null } });
    expect(body['certificates']).toMatchObject([{ fingerprint: one }, { fingerprint: four }, {}, {}]);
  });

  test('every certificate of the device is there before the index knows it', async () => {
    await withThree();
    api.certificates.listing.ofClientId = async () => ({ items: [], cursor: null });
    const { body } = await api.call('GET', `/operator/devices/${NAME}`);
    expect(body['certificates']).toMatchObject([{ fingerprint: one }, { fingerprint: two }, { fingerprint: three }]);
  });

  test('the former certificate by its fingerprint shows itself, and its device', async () => {
    await withThree();
    expect((await api.call('GET', `/operator/devices/${two}`)).body).toMatchObject({
      certificates: [{ fingerprint: two }],
      current: one,
      former: { fingerprint: two },
    });
  });
});

const PRESENCE = {
  connected: true,
  certificateId: one,
  at: NOW,
  sessionId: 's',
  versionNumber: 1,
  ip: null,
  disconnectReason: null,
};
