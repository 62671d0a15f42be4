// The truststore between the registry's table and S3: two publishers, many anchors, and what another reader gets.

import { GetObjectCommand, ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dynamoAnchorPlaces } from '#adapters/dynamo-anchor-places.ts';
import { dynamoAnchorRegistry } from '#adapters/dynamo-anchor-registry.ts';
import { s3TruststoreFile } from '#adapters/s3-truststore-file.ts';
import type { AnchorId } from '#domain/ids.ts';
import type { TrustAnchor } from '#domain/trust-anchor.ts';
import { makeTenantCa } from '#support/certificates.ts';
import { type EmulatedServices, startEmulatedServices } from '#support/emulated-services.ts';
import { type RegistryTable, startRegistryTable } from '#support/registry-table.ts';
import { anAnchor } from '#support/trust-anchors.ts';
import { publishTruststore } from '#usecases/publish-truststore.ts';
import { readTruststore } from '#usecases/truststore.ts';

const Bucket = 'truststore';
const Key = 'truststore.pem';

let services: EmulatedServices;
let table: RegistryTable;
let s3: S3Client;
beforeAll(async () => {
  [services, table] = await Promise.all([startEmulatedServices(), startRegistryTable()]);
  services.services.objects.createBucket(Bucket, true);
  s3 = services.client(S3Client);
});
afterAll(async () => {
  await Promise.all([services.stop(), table[Symbol.asyncDispose]()]);
});

const world = () => {
  const places = dynamoAnchorPlaces(table.client, table.tableName);
  const anchors = dynamoAnchorRegistry(table.client, table.tableName);
  const deps = { places, anchors, clock: Date.now, file: s3TruststoreFile(s3, Bucket) };
  let registeredAt = 0;
  const trust = async (id: AnchorId, pem: string): Promise<TrustAnchor> => {
    registeredAt += 1;
    const anchor = anAnchor({ id, pem, registeredAt });
    await places.put({ tenant: anchor.tenant, id, upload: null });
    await anchors.create(anchor);
    return anchor;
  };
  const revoke = (anchor: TrustAnchor) =>
    anchors.change({ ...anchor, state: 'REVOKED', version: anchor.version + 1 }, anchor.version);
  return { deps, anchors, trust, revoke, publish: publishTruststore(deps) };
};
const versions = async () => (await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: Key }))).Versions ?? [];

describe('the truststore in S3', () => {
  it('B-01, B-02, B-03, B-06: follows the registry, version by version, and is what the API hands out', async () => {
    const { deps, trust, revoke, publish } = world();
    const [one, two] = [makeTenantCa(), makeTenantCa()];
    const anchor = await trust(one.id, one.pem);
    await publish();
    await trust(two.id, two.pem);
    await publish();

    const { Body, ContentType } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    const pem = await Body?.transformToString();
    expect(pem).toBe(one.pem + two.pem);
    expect(pem).toBe((await readTruststore(deps)(null)).pem);
    expect(ContentType).toBe('application/x-pem-file');
    await publish();
    expect(await versions()).toHaveLength(2);

    await revoke(anchor);
    await publish();
    expect((await deps.file.read())?.pem).toBe(two.pem);
    expect(await versions()).toHaveLength(3);
  });

  it('B-03: ends as the registry says, whatever publishes side by side', async () => {
    const { deps, trust, revoke, publish } = world();
    const cas = Array.from({ length: 6 }, () => makeTenantCa());

    await Promise.all(
      cas.map(async (ca, n) => {
        const anchor = await trust(ca.id, ca.pem);
        if (n % 2 === 0) await revoke(anchor);
        // as the queue does with a command that failed
        await publish().catch(publish);
      }),
    );

    const { pem } = await readTruststore(deps)(null);
    expect((await deps.file.read())?.pem).toBe(pem);
    for (const [n, ca] of cas.entries()) expect(pem.includes(ca.pem)).toBe(n % 2 === 1);
  });
});
