// What rebuilding the truststore of many trust anchors takes: calls, and the time on emulated DynamoDB and S3.

import { S3Client } from '@aws-sdk/client-s3';
import { dynamoAnchorPlaces } from '#adapters/dynamo-anchor-places.ts';
import { dynamoAnchorRegistry } from '#adapters/dynamo-anchor-registry.ts';
import { s3TruststoreFile } from '#adapters/s3-truststore-file.ts';
import { anchorId, tenantName } from '#domain/ids.ts';
import { makeTenantCa } from '#support/certificates.ts';
import { startEmulatedServices } from '#support/emulated-services.ts';
import { startRegistryTable } from '#support/registry-table.ts';
import { anAnchor } from '#support/trust-anchors.ts';
import { publishTruststore } from '#usecases/publish-truststore.ts';
import { hard, type Measure, median, reported } from './measure.ts';

const ANCHORS = 1_000;
const RUNS = 5;

/**
 * A full page of places, the empty one after it and ten batches of anchors; then the same again, for the file is held
 * against the registry until it stands.
 */
const DYNAMODB_CALLS = 2 * (2 + ANCHORS / 100);
/** What stands, what is written, and what stands then. */
const S3_CALLS = 3;

export const measureTruststore = async (): Promise<readonly Measure[]> => {
  await using table = await startRegistryTable();
  const emulated = await startEmulatedServices();
  try {
    emulated.services.objects.createBucket('truststore', true);
    const s3 = emulated.client(S3Client);
    let s3Calls = 0;
    s3.middlewareStack.add(
      (next) => (args) => {
        s3Calls += 1;
        return next(args);
      },
      { step: 'initialize' },
    );
    const places = dynamoAnchorPlaces(table.client, table.tableName);
    const anchors = dynamoAnchorRegistry(table.client, table.tableName);
    const { pem } = makeTenantCa({ key: 'rsa-2048' });
    const lines = pem.split('\n');
    const trust = async (n: number) => {
      const id = anchorId(n.toString(16).padStart(64, '0'));
      // as long as a certificate, and each another one
      const own = [lines[0], String(n).padStart(64, 'A'), ...lines.slice(2)].join('\n');
      const tenant = tenantName(`tenant-${n % 500}`);
      await Promise.all([
        places.put({ tenant, id, upload: null }),
        anchors.create(anAnchor({ id, tenant, pem: own, registeredAt: n })),
      ]);
    };
    for (let n = 0; n < ANCHORS; n += 50) await Promise.all(Array.from({ length: 50 }, (_, k) => trust(n + k)));

    const times: number[] = [];
    const counts = { dynamodb: 0, s3: 0 };
    for (let run = 0; run < RUNS; run += 1) {
      // another one is missing each time: every run writes
      const publish = publishTruststore({
        places,
        anchors: {
          findAll: async (ids) => (await anchors.findAll(ids)).filter(({ registeredAt }) => registeredAt !== run),
        },
        file: s3TruststoreFile(s3, 'truststore'),
        clock: Date.now,
      });
      table.calls.length = 0;
      s3Calls = 0;
      const begun = performance.now();
      const { written, anchors: count } = await publish();
      times.push(performance.now() - begun);
      if (!written || count !== ANCHORS - 1) throw new Error(`expected a truststore of ${ANCHORS - 1}, got ${count}`);
      counts.dynamodb = Math.max(counts.dynamodb, table.calls.length);
      counts.s3 = Math.max(counts.s3, s3Calls);
    }
    return [
      hard('truststore-1000-anchors-dynamodb-calls', counts.dynamodb, 'calls', DYNAMODB_CALLS),
      hard('truststore-1000-anchors-s3-calls', counts.s3, 'calls', S3_CALLS),
      reported('truststore-1000-anchors-ms', Math.round(median(times)), 'ms', 1_000, 5_000),
    ];
  } finally {
    await emulated.stop();
  }
};
