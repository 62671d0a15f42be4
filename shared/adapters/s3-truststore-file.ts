// The truststore as an object in S3, written on condition that nobody else wrote it meanwhile.

import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { TRUSTSTORE_KEY } from '#names/truststore.ts';
import type { TruststoreFile } from '#ports/truststore.ts';
import { awsCall, isNamed } from './sdk-errors.ts';

/**
 * S3 user guide, How to prevent object overwrites with conditional writes: another one stands there; another one is being
 * written; or the one that was read is deleted.
 */
const CHANGED = ['PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchKey'];

export const s3TruststoreFile = (client: S3Client, bucket: string): TruststoreFile => ({
  read: async () => {
    try {
      const request = new GetObjectCommand({ Bucket: bucket, Key: TRUSTSTORE_KEY });
      const { Body, ETag } = await awsCall('s3:GetObject', client.send(request));
      if (Body === undefined || ETag === undefined) throw new TypeError('expected a body and an ETag of s3:GetObject');
      return { pem: await Body.transformToString(), etag: ETag };
    } catch (error) {
      if (isNamed(error, 'NoSuchKey')) return null;
      throw error;
    }
  },

  write: async (pem, etag) => {
    const request = new PutObjectCommand({
      Bucket: bucket,
      Key: TRUSTSTORE_KEY,
      Body: pem,
      ContentType: 'application/x-pem-file',
      ...(etag === null ? { IfNoneMatch: '*' } : { IfMatch: etag }),
    });
    try {
      await awsCall('s3:PutObject', client.send(request));
      return 'written';
    } catch (error) {
      if (CHANGED.some((name) => isNamed(error, name))) return 'changed-meanwhile';
      throw error;
    }
  },
});
