// Seven weeks in the whole system, one day after the other: who is warned, what ends, and that all of it is announced.

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { dynamoExpiryWatermark } from '#adapters/dynamo-expiry-watermark.ts';
import { AnnouncedEvent } from '#contracts/announced-event.ts';
import { OUTPUT, STACK } from '#names/outputs.ts';
import { issueDevice, makeTenantCa, type TestCa } from '#support/certificates.ts';
import { createForwardClock, DAY } from '#support/forward-clock.ts';
import { startTestSystem, type TestSystem, type TestTenant } from '#support/local-system.ts';
import { connectDevice, refusedConnect } from '#support/mqtt-device.ts';
import { queuesAreEmpty } from '#support/queues.ts';
import { listPem, makeRevocationList } from '#support/revocation-lists.ts';
import { type Onboarded, PATIENCE, type TrustStory, trustStory } from '#support/trust-story.ts';
import { truststoreVersions } from '#support/truststore-versions.ts';

const CERTIFICATE_DAYS = 40;
const CA_DAYS = 35;

const clock = createForwardClock();
let system: TestSystem;
let story: TrustStory;
let acme: TestTenant;
let dynamo: DynamoDBClient;
let s3: S3Client;
let begin: number;
beforeAll(async () => {
  system = await startTestSystem({ clock: clock.now });
  story = trustStory(system, clock);
  acme = await system.tenant('acme');
  const client = {
    endpoint: system.aws.endpoint,
    region: system.aws.region,
    credentials: { accessKeyId: 'anybody', secretAccessKey: 'anything' },
  };
  dynamo = new DynamoDBClient(client);
  s3 = new S3Client(client);
  await nextDay();
  begin = clock.now();
});
afterAll(async () => {
  for (const client of [dynamo, s3]) client.destroy();
  await system.stop();
});

/** A day later the daily look has been done. */
const nextDay = async (): Promise<void> => {
  await story.later(DAY);
  const now = clock.now();
  expect(await system.hooks.runSchedules()).toHaveLength(1);
  const table = system.outputs.get(STACK.registry)?.get(OUTPUT.registryTable) ?? '';
  const { read } = dynamoExpiryWatermark(dynamo, table);
  await vi.waitFor(async () => expect(await read()).toBeGreaterThanOrEqual(now), { timeout: 10_000, interval: 20 });
};
/** @param day since the story began */
const walkTo = async (day: number): Promise<void> => {
  while (clock.now() < begin + day * DAY) await nextDay();
};
const warnings = (type: string, about: object) =>
  system.events().flatMap(({ detail }) => {
    const isAbout = Object.entries(about).every(([key, value]) => (detail as Record<string, unknown>)[key] === value);
    return isAbout && (detail as AnnouncedEvent).type === type ? [(detail as { days: number }).days] : [];
  });

describe('seven weeks', () => {
  let ending: Onboarded;
  let shortCa: TestCa;
  let ofShortCa: Onboarded;
  let former: Onboarded;
  beforeAll(async () => {
    const device = issueDevice(acme.ca, { cn: 'ending', validTo: new Date(begin + CERTIFICATE_DAYS * DAY) });
    await system.firstConnect(device, 'acme_ending');
    ending = { device, clientId: 'acme_ending', session: await system.connect(device, 'acme_ending') };
    shortCa = makeTenantCa({ validTo: new Date(begin + CA_DAYS * DAY) });
    await story.prove('acme', shortCa);
    ofShortCa = await story.onboarded('acme', shortCa, 'of-short-ca');
    former = await story.onboarded('acme', acme.ca, 'renewed');
    const renewed = acme.device('renewed');
    await system.firstConnect(renewed, former.clientId);
    await story.certificateBecomes(renewed, 'ACTIVE');
  });

  it('CA-10: 29 days before a CA ends, one warning has come', async () => {
    await walkTo(CA_DAYS - 29);

    expect(warnings('ca.expiring', { anchorId: shortCa.id })).toEqual([30]);
    expect(warnings('ca.expiring', { anchorId: acme.ca.id })).toEqual([]);
  });

  it('J-11: a certificate that was replaced is retired when its grace is over, though the new one never came', async () => {
    await story.certificateBecomes(former.device, 'ACTIVE');

    await walkTo(8);

    await former.session.closed();
    await story.certificateBecomes(former.device, 'RETIRED');
    await story.statusBecomes(former.device, 'INACTIVE');
    await story.refused(former.device, former.clientId);
    await story.announces(former.device, ['device.onboarded', 'device.retired']);
  });

  it('CA-10, B-05: a CA that is over lets nobody new in, and leaves those alone that are', async () => {
    await walkTo(CA_DAYS);
    expect(clock.now()).toBeGreaterThan(begin + CA_DAYS * DAY);
    const late = issueDevice(shortCa, { cn: 'late' });

    await system.firstConnect(late, 'acme_late');

    await story.becomes(late, { state: 'REJECTED', reason: 'CA_EXPIRED' });
    expect(await ofShortCa.session.publish('tc/acme/acme_of-short-ca/o/mc_v3/ts', '{}', { qos: 1 })).toBe(0);
    await ofShortCa.session.leave();
    await (await connectDevice(system.connection(ofShortCa.device, ofShortCa.clientId))).leave();
    expect(await story.anchorOf('acme', shortCa.id)).toMatchObject({ state: 'EXPIRED' });
    await expect.poll(async () => (await truststoreVersions(s3, system))[0], PATIENCE).toBe(acme.ca.pem);
    expect(warnings('ca.expiring', { anchorId: shortCa.id })).toEqual([30, 7, 1]);
  });

  it('I-10, V-06: a certificate is warned of 30, 7 and 1 days before its end, and then its device is out, once', async () => {
    await walkTo(CERTIFICATE_DAYS - 1);
    expect(ending.session.client.connected).toBe(true);
    await story.becomes(ending.device, { state: 'ACTIVE' });

    await walkTo(CERTIFICATE_DAYS);

    expect(warnings('certificate.expiring', { certificateId: ending.device.id })).toEqual([30, 7, 1]);
    await ending.session.closed();
    await story.becomes(ending.device, { state: 'EXPIRED', certificates: [{ causes: ['EXPIRED'] }] });
    expect(story.statusOf(ending.device)).toBe('INACTIVE');
    await story.refused(ending.device, ending.clientId);
    await story.announces(ending.device, ['device.onboarded', 'device.expired']);
    await queuesAreEmpty(system.aws);
    const [view, announced] = [await system.view(ending.device.id), system.events()];

    await nextDay();
    await queuesAreEmpty(system.aws);

    expect(await system.view(ending.device.id)).toEqual(view);
    expect(system.events()).toEqual(announced);
  });
});

it('R-04: whatever happens is announced: every type of the catalogue, each as its schema says', async () => {
  const ca = makeTenantCa();
  await system.api.call('createTenant', { body: { tenant: 'eventful', naming: 'eu1', admission: 'auto' } });
  await story.prove('eventful', ca);
  const { device, clientId, session } = await story.onboarded('eventful', ca, 'device01');
  const params = { tenant: 'eventful', device: clientId };
  const anchor = { tenant: 'eventful', anchor: ca.id };
  const come = (type: string) => expect.poll(() => system.announced(device.id), PATIENCE).toContain(type);

  const second = await connectDevice(system.connection(device, clientId));
  await session.closed();
  await come('session.duplicate');
  expect(await refusedConnect(system.connection(device, 'another'))).toEqual({ connack: null });
  await come('session.mismatch');
  await system.api.call('suspendTenantDevice', { params });
  await second.closed();
  await come('device.suspended');
  const renewed = issueDevice(ca, { cn: 'device01' });
  await system.firstConnect(renewed, clientId);
  await story.becomes(renewed, { state: 'HELD' });
  await system.api.call('resumeTenantDevice', { params });
  await come('device.resumed');
  await system.api.call('revokeTenantDevice', { params: { ...params, device: device.id } });
  await come('device.revoked');
  const list = await makeRevocationList(ca, { thisUpdate: new Date(clock.now()), serials: ['ff'] });
  await system.api.call('importCrl', { params: anchor, body: { crl: listPem(list) } });
  for (const act of ['revokeAnchor', 'restoreAnchor', 'deleteAnchor'] as const)
    await story.followed('eventful', ca, () => system.api.call(act, { params: anchor }));

  const catalogue = AnnouncedEvent.options.map(({ entries }) => entries.type.literal);
  const types = () => new Set(system.events().map((event) => event['detail-type']));
  await expect.poll(types, PATIENCE).toEqual(new Set(catalogue));
  story.expectValidEvents();
});
