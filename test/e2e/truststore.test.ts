// The truststore in the whole system: what operators download, what stands in S3, and what is announced on the way.

import { GetObjectCommand, NoSuchKey, S3Client } from '@aws-sdk/client-s3';
import * as v from 'valibot';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AnnouncedEvent } from '#contracts/announced-event.ts';
import { OUTPUT, STACK } from '#names/outputs.ts';
import { startTestSystem, type TestSystem } from '#support/local-system.ts';

let system: TestSystem;
let s3: S3Client;
beforeAll(async () => {
  system = await startTestSystem();
  s3 = new S3Client({
    endpoint: system.aws.endpoint,
    region: system.aws.region,
    credentials: { accessKeyId: 'anybody', secretAccessKey: 'anything' },
  });
});
afterAll(async () => {
  s3.destroy();
  await system.stop();
});

const inS3 = async (): Promise<string | null> => {
  const Bucket = system.outputs.get(STACK.registry)?.get(OUTPUT.truststoreBucket);
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: 'truststore.pem' }));
    return (await Body?.transformToString()) ?? null;
  } catch (error) {
    if (error instanceof NoSuchKey) return null;
    throw error;
  }
};
const becomes = (pem: string) => expect.poll(inS3, { timeout: 10_000 }).toBe(pem);
const downloaded = async () => (await system.api.call('showTruststore', {})).pem;

it('B-01, B-02, B-03, B-06, R-04: follows what is trusted, and every change of it is announced as its contract says', async () => {
  const [acme, globex] = [await system.tenant('acme'), await system.tenant('globex')];
  await becomes(acme.ca.pem + globex.ca.pem);
  expect(await downloaded()).toBe(acme.ca.pem + globex.ca.pem);
  const { pem } = await system.api.call('showTenantTruststore', { params: { tenant: 'globex' } });
  expect(pem).toBe(globex.ca.pem);

  const params = { tenant: 'acme', anchor: acme.ca.id };
  await system.api.call('revokeAnchor', { params });
  await becomes(globex.ca.pem);
  expect(await downloaded()).toBe(globex.ca.pem);

  await system.api.call('restoreAnchor', { params });
  await becomes(acme.ca.pem + globex.ca.pem);

  const announced = () => system.events().map(({ 'detail-type': type, detail }) => ({ type, detail }));
  await expect
    .poll(() => announced().map(({ type }) => type), { timeout: 5_000 })
    .toEqual(expect.arrayContaining(['ca.verified', 'ca.revoked', 'ca.restored']));
  for (const { type, detail } of announced()) {
    expect(v.parse(AnnouncedEvent, detail)).toEqual(detail);
    expect(detail).toMatchObject({ type });
  }
});
