// All that the embedded system holds, to compare: what a step must not change.

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import { OUTPUT, STACK } from '#names/outputs.ts';
import type { TestSystem } from '#support/local-system.ts';
import { queuesAreEmpty } from '#support/queues.ts';
import { truststoreVersions } from '#support/truststore-versions.ts';

export type Everything = {
  /** by primary key */
  readonly registry: ReadonlyMap<string, unknown>;
  /** CAs, certificates, things, groups and policies */
  readonly iot: unknown;
  readonly truststore: readonly string[];
  readonly announced: readonly unknown[];
};

/** Once nothing is under way. */
export const everythingIn = async (system: TestSystem): Promise<Everything> => {
  await queuesAreEmpty(system.aws);
  const client = {
    endpoint: system.aws.endpoint,
    region: system.aws.region,
    credentials: { accessKeyId: 'anybody', secretAccessKey: 'anything' },
  };
  const [dynamo, s3] = [new DynamoDBClient(client), new S3Client(client)];
  try {
    const TableName = system.outputs.get(STACK.registry)?.get(OUTPUT.registryTable);
    const registry: Record<string, unknown>[] = [];
    for await (const { Items = [] } of paginateScan({ client: DynamoDBDocumentClient.from(dynamo) }, { TableName }))
      registry.push(...Items);
    return {
      registry: new Map(registry.map((item) => [JSON.stringify([item['pk'], item['sk']]), item])),
      iot: structuredClone(system.iot),
      truststore: await truststoreVersions(s3, system),
      announced: system.events(),
    };
  } finally {
    for (const one of [dynamo, s3]) one.destroy();
  }
};
