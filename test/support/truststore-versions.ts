// Every version of the truststore in the embedded S3.

import { GetObjectCommand, ListObjectVersionsCommand, type S3Client } from '@aws-sdk/client-s3';
import type { LocalSystem } from '#local/system.ts';
import { OUTPUT, STACK } from '#names/outputs.ts';
import { TRUSTSTORE_KEY } from '#names/truststore.ts';

/** Their contents, newest first. */
export const truststoreVersions = async (s3: S3Client, { outputs }: LocalSystem): Promise<readonly string[]> => {
  const Bucket = outputs.get(STACK.registry)?.get(OUTPUT.truststoreBucket);
  const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: TRUSTSTORE_KEY }));
  return Promise.all(
    Versions.map(async ({ Key, VersionId }) => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key, VersionId }));
      return (await Body?.transformToString()) ?? '';
    }),
  );
};
