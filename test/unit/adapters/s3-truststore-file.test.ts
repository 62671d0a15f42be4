// What S3 answers when two write at once, which an emulation shows less well than its own words.

import { Readable } from 'node:stream';
import { GetObjectCommand, PutObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { sdkStreamMixin } from '@smithy/core/serde';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { s3TruststoreFile } from '#adapters/s3-truststore-file.ts';

const client = new S3Client({ region: 'eu-central-1' });
const s3 = mockClient(client);
const file = s3TruststoreFile(client, 'the-bucket');
const refused = (name: string, status: number) =>
  new S3ServiceException({ name, $fault: 'client', $metadata: { httpStatusCode: status } });

beforeEach(() => s3.reset());

describe('the truststore in S3', () => {
  it('B-06: is read as it was written, with its ETag', async () => {
    const Body = sdkStreamMixin(Readable.from([Buffer.from('the pem')]));
    s3.on(GetObjectCommand).resolves({ Body, ETag: '"1"' });

    expect(await file.read()).toEqual({ pem: 'the pem', etag: '"1"' });

    expect(s3.call(0).args[0].input).toEqual({ Bucket: 'the-bucket', Key: 'truststore.pem' });
  });

  it('is null while nothing was ever written', async () => {
    s3.on(GetObjectCommand).rejects(refused('NoSuchKey', 404));

    expect(await file.read()).toBeNull();
  });

  it('is not taken for absent when it may not be read', async () => {
    s3.on(GetObjectCommand).rejects(refused('AccessDenied', 403));

    await expect(file.read()).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  it.each([
    ['over the version that was read', '"1"', { IfMatch: '"1"' }],
    ['only if there is none', null, { IfNoneMatch: '*' }],
  ])('B-02: is written %s', async (_, etag, condition) => {
    s3.on(PutObjectCommand).resolves({ ETag: '"2"' });

    expect(await file.write('the pem', etag)).toBe('written');

    expect(s3.call(0).args[0].input).toEqual({
      Bucket: 'the-bucket',
      Key: 'truststore.pem',
      Body: 'the pem',
      ContentType: 'application/x-pem-file',
      ...condition,
    });
  });

  it.each([
    ['another one stands there', 'PreconditionFailed', 412],
    ['another one is being written', 'ConditionalRequestConflict', 409],
    ['the one that was read is deleted', 'NoSuchKey', 404],
  ])('B-02: is not written when %s', async (_, name, status) => {
    s3.on(PutObjectCommand).rejects(refused(name, status));

    expect(await file.write('the pem', '"1"')).toBe('changed-meanwhile');
  });

  it('fails for another try while S3 is busy, and as it came otherwise', async () => {
    s3.on(PutObjectCommand).rejects(refused('SlowDown', 503));
    await expect(file.write('the pem', '"1"')).rejects.toMatchObject({ name: 'TransientError' });

    s3.on(PutObjectCommand).rejects(refused('AccessDenied', 403));
    await expect(file.write('the pem', '"1"')).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});
