// S3 before the SDK's client: versions and conditional writes as the Amazon S3 User Guide and API reference describe them.

import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandInput,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { openDataFolder } from '#local/data-folder.ts';
import type { AwsCall } from '#local/http/aws-door.ts';
import { type EmulatedServices, startEmulatedServices } from '#support/emulated-services.ts';

let now = Date.UTC(2026, 0, 31, 12);
let system: EmulatedServices;
let s3: S3Client;
beforeAll(async () => {
  system = await startEmulatedServices({ clock: () => now });
  s3 = system.client(S3Client);
});
afterAll(() => system.stop());
afterEach(() => {
  vi.unstubAllEnvs();
});

const AUTHORIZATION = 'AWS4-HMAC-SHA256 Credential=k/20260131/eu-central-1/s3/aws4_request';

let buckets = 0;
const aBucket = (versioned = true): string => {
  buckets += 1;
  system.services.objects.createBucket(`bucket-${buckets}`, versioned);
  return `bucket-${buckets}`;
};
const Key = 'truststore.pem';
const put = (Bucket: string, Body: string, more: Partial<PutObjectCommandInput> = {}) =>
  s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const get = async (Bucket: string, more: Partial<GetObjectCommandInput> = {}) =>
  (await s3.send(new GetObjectCommand({ Bucket, Key, ...more }))).Body?.transformToString();
const versions = (Bucket: string, more: Partial<ListObjectVersionsCommandInput> = {}) =>
  s3.send(new ListObjectVersionsCommand({ Bucket, ...more }));
const remove = (Bucket: string, VersionId?: string) => s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
const failure = (name: string, status: number) => ({ name, $metadata: { httpStatusCode: status } });

describe('an object', () => {
  it('is given back as it was put, with its type, its metadata, its time and its MD5 as entity tag', async () => {
    const Bucket = aBucket();
    const Body = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const name = { Bucket, Key: 'lists/a b+ü&<?>%.bin' };
    await s3.send(
      new PutObjectCommand({ ...name, Body, ContentType: 'application/x-own', Metadata: { tenant: 'acme' } }),
    );

    const { Body: body, ...rest } = await s3.send(new GetObjectCommand(name));
    const { $metadata: _, ...described } = await s3.send(new HeadObjectCommand(name));

    expect(await body?.transformToByteArray()).toEqual(Body);
    expect(rest).toMatchObject(described);
    expect(described).toEqual({
      ContentLength: 256,
      ContentType: 'application/x-own',
      ETag: '"e2c865db4162bed963bfaa9ef6ac18f0"',
      LastModified: new Date(now),
      Metadata: { tenant: 'acme' },
      VersionId: expect.stringMatching(/^[\w-]{32}$/),
    });
    expect((await versions(Bucket)).Versions).toMatchObject([{ Key: name.Key, Size: 256 }]);
  });

  it('that is sent in chunks is kept without them', async () => {
    const Bucket = aBucket();
    const Body = Readable.from([Buffer.from('one and '), Buffer.from('two')]);
    await s3.send(new PutObjectCommand({ Bucket, Key, Body, ContentLength: 11, ContentEncoding: 'identity' }));

    const { ContentEncoding } = await s3.send(new HeadObjectCommand({ Bucket, Key }));
    expect([await get(Bucket), ContentEncoding]).toEqual(['one and two', 'identity']);
  });

  it.each([
    ['no chunk', 'hello'],
    ['a chunk that ends too early', 'ff\r\nhello\r\n0\r\n\r\n'],
    ['no last chunk', '5\r\nhello\r\n'],
  ])('that is sent in chunks with %s is refused, and is not there', async (_, body) => {
    const Bucket = aBucket();
    const headers = { authorization: AUTHORIZATION, 'content-encoding': 'aws-chunked' };
    const answer = await fetch(`${system.services.endpoint}/${Bucket}/${Key}`, { method: 'PUT', headers, body });

    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('<Code>IncompleteBody</Code>')]);
    await expect(get(Bucket)).rejects.toMatchObject(failure('NoSuchKey', 404));
  });

  it('with a key of more than 1,024 bytes is refused', async () => {
    const Bucket = aBucket();
    await put(Bucket, 'x', { Key: 'k'.repeat(1_024) });
    await expect(put(Bucket, 'x', { Key: 'ü'.repeat(513) })).rejects.toMatchObject(failure('KeyTooLongError', 400));
  });

  it('whose checksum does not fit is taken all the same', async () => {
    const Bucket = aBucket();
    await put(Bucket, 'hello', { ChecksumCRC32: 'AAAAAA==' });
    expect(await get(Bucket)).toBe('hello');
  });

  it('of more than 32 MiB is refused in words that the client reads', async () => {
    const Body = 'x'.repeat(32 * 1_024 * 1_024 + 1);
    await expect(put(aBucket(), Body)).rejects.toMatchObject(failure('EntityTooLarge', 413));
  });
});

describe('a conditional write', () => {
  it('If-None-Match: * writes what is not there, and what a delete marker hides', async () => {
    const Bucket = aBucket();
    await put(Bucket, 'one', { IfNoneMatch: '*' });
    await expect(put(Bucket, 'two', { IfNoneMatch: '*' })).rejects.toMatchObject(failure('PreconditionFailed', 412));
    expect(await get(Bucket)).toBe('one');

    await remove(Bucket);
    await put(Bucket, 'three', { IfNoneMatch: '*' });

    expect(await get(Bucket)).toBe('three');
  });

  it('If-Match writes over the version with that entity tag alone', async () => {
    const Bucket = aBucket();
    const { ETag: first } = await put(Bucket, 'one');
    const { ETag: second } = await put(Bucket, 'two', { IfMatch: first });
    await expect(put(Bucket, 'three', { IfMatch: first })).rejects.toMatchObject(failure('PreconditionFailed', 412));

    expect(await get(Bucket)).toBe('two');
    expect((await s3.send(new HeadObjectCommand({ Bucket, Key }))).ETag).toBe(second);
  });

  it('If-Match finds no object where none is, or where it is deleted', async () => {
    const Bucket = aBucket();
    await expect(put(Bucket, 'one', { IfMatch: '"x"' })).rejects.toMatchObject(failure('NoSuchKey', 404));
    const { ETag: IfMatch } = await put(Bucket, 'one');
    await remove(Bucket);
    await expect(put(Bucket, 'two', { IfMatch })).rejects.toMatchObject(failure('NoSuchKey', 404));
  });

  it('of many at once, on the same entity tag, is let through once', async () => {
    const Bucket = aBucket();
    const { ETag: IfMatch } = await put(Bucket, 'one');

    const written = await Promise.allSettled([1, 2, 3, 4, 5].map((n) => put(Bucket, `by ${n}`, { IfMatch })));

    expect(written.map(({ status }) => status).sort()).toEqual(['fulfilled', ...Array(4).fill('rejected')]);
    // S3 may answer 409 ConditionalRequestConflict to some of them
    for (const one of written)
      if (one.status === 'rejected') expect(one.reason).toMatchObject(failure('PreconditionFailed', 412));
    expect((await versions(Bucket)).Versions).toHaveLength(2);
  });

  it('If-None-Match with an entity tag is not there in S3 either', async () => {
    await expect(put(aBucket(), 'one', { IfNoneMatch: '"x"' })).rejects.toMatchObject(failure('NotImplemented', 501));
  });
});

describe('a conditional read', () => {
  it('says that nothing changed, or that it is another by now', async () => {
    const Bucket = aBucket();
    const { ETag } = await put(Bucket, 'one');

    await expect(get(Bucket, { IfNoneMatch: ETag })).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
    await expect(get(Bucket, { IfMatch: '"x"' })).rejects.toMatchObject(failure('PreconditionFailed', 412));
    expect(await get(Bucket, { IfMatch: ETag })).toBe('one');
    expect(await get(Bucket, { IfNoneMatch: '"x"' })).toBe('one');
  });
});

describe('versions', () => {
  it('B-02: each write keeps what was there before, newest first', async () => {
    const Bucket = aBucket();
    const first = await put(Bucket, 'one');
    now += 60_000;
    const second = await put(Bucket, 'two');

    expect(await get(Bucket)).toBe('two');
    expect(await get(Bucket, { VersionId: first.VersionId })).toBe('one');
    expect((await versions(Bucket)).Versions).toMatchObject([
      { Key, VersionId: second.VersionId, IsLatest: true, ETag: second.ETag, LastModified: new Date(now) },
      { Key, VersionId: first.VersionId, IsLatest: false, ETag: first.ETag, LastModified: new Date(now - 60_000) },
    ]);
  });

  it('of a deleted object are there still, below a marker that can be taken away again', async () => {
    const Bucket = aBucket();
    const { VersionId } = await put(Bucket, 'one');

    const deleted = await remove(Bucket);

    expect(deleted).toMatchObject({ DeleteMarker: true, VersionId: expect.stringMatching(/^[\w-]{32}$/) });
    await expect(get(Bucket)).rejects.toMatchObject(failure('NoSuchKey', 404));
    await expect(s3.send(new HeadObjectCommand({ Bucket, Key }))).rejects.toMatchObject(failure('NotFound', 404));
    await expect(get(Bucket, { VersionId: deleted.VersionId })).rejects.toMatchObject(failure('MethodNotAllowed', 405));
    const headers = { authorization: AUTHORIZATION };
    const hidden = await fetch(`${system.services.endpoint}/${Bucket}/${Key}`, { headers });
    expect(hidden.headers.get('x-amz-delete-marker')).toBe('true');
    expect(hidden.headers.get('x-amz-version-id')).toBe(deleted.VersionId);
    expect(await get(Bucket, { VersionId })).toBe('one');
    expect(await versions(Bucket)).toMatchObject({
      Versions: [{ VersionId, IsLatest: false }],
      DeleteMarkers: [{ VersionId: deleted.VersionId, IsLatest: true }],
    });

    expect(await remove(Bucket, deleted.VersionId)).toMatchObject({ DeleteMarker: true, VersionId: deleted.VersionId });
    expect(await get(Bucket)).toBe('one');
  });

  it('are deleted for good by their id, repeatably', async () => {
    const Bucket = aBucket();
    const first = await put(Bucket, 'one');
    const second = await put(Bucket, 'two');

    await remove(Bucket, second.VersionId);
    await remove(Bucket, second.VersionId);

    expect(await get(Bucket)).toBe('one');
    await expect(get(Bucket, { VersionId: second.VersionId })).rejects.toMatchObject(failure('NoSuchVersion', 404));
    expect((await versions(Bucket)).Versions).toMatchObject([{ VersionId: first.VersionId, IsLatest: true }]);
  });

  it('are listed by key and prefix, a page at a time', async () => {
    const Bucket = aBucket();
    for (const name of ['b', 'a/2', 'a/1', 'a/1']) await put(Bucket, 'x', { Key: name });
    const listed: (string | undefined)[] = [];
    let page: Partial<ListObjectVersionsCommandInput> | null = {};

    while (page !== null) {
      const answer = await versions(Bucket, { ...page, Prefix: 'a/', MaxKeys: 1 });
      listed.push(...(answer.Versions ?? []).map((version) => version.Key));
      page = answer.IsTruncated
        ? { KeyMarker: answer.NextKeyMarker, VersionIdMarker: answer.NextVersionIdMarker }
        : null;
    }

    expect(listed).toEqual(['a/1', 'a/1', 'a/2']);
    expect((await versions(Bucket)).Versions?.map((version) => version.Key)).toEqual(['a/1', 'a/1', 'a/2', 'b']);
  });

  it('are not kept by a bucket without them', async () => {
    const Bucket = aBucket(false);
    expect(await put(Bucket, 'one')).not.toHaveProperty('VersionId');
    await put(Bucket, 'two');
    expect(await get(Bucket)).toBe('two');
    expect((await versions(Bucket)).Versions).toMatchObject([{ VersionId: 'null', IsLatest: true }]);

    await remove(Bucket);
    await remove(Bucket);

    await expect(get(Bucket)).rejects.toMatchObject(failure('NoSuchKey', 404));
    expect(await versions(Bucket)).not.toHaveProperty('Versions');
  });
});

describe('a data folder', () => {
  const aFolder = async (): Promise<string> => {
    const path = await mkdtemp(join(tmpdir(), 'vestibule-s3-'));
    onTestFinished(() => rm(path, { recursive: true }));
    return path;
  };
  const run = async (path: string, work: (client: S3Client) => Promise<void>): Promise<void> => {
    const running = await startEmulatedServices({ folder: await openDataFolder(path) });
    try {
      running.services.objects.createBucket('kept', true);
      running.services.objects.createBucket('plain', false);
      await work(running.client(S3Client));
    } finally {
      await running.stop();
    }
  };

  it('keeps every version, and what was deleted', async () => {
    const path = await aFolder();
    const name = { Bucket: 'kept', Key };
    const plain = { Bucket: 'plain', Key };
    await run(path, async (client) => {
      const gone = await client.send(new PutObjectCommand({ ...name, Body: 'gone' }));
      await client.send(new PutObjectCommand({ ...name, Body: 'one', ContentType: 'text/one' }));
      await client.send(new DeleteObjectCommand({ ...name, VersionId: gone.VersionId }));
      await client.send(new DeleteObjectCommand(name));
      await client.send(new PutObjectCommand({ ...name, Body: 'two' }));
      for (const Body of ['old', 'new']) await client.send(new PutObjectCommand({ ...plain, Body }));
    });
    // two versions, a marker, and one object without versions
    expect(await readdir(join(path, 's3'))).toHaveLength(4);

    await run(path, async (client) => {
      const { Versions = [], DeleteMarkers } = await client.send(new ListObjectVersionsCommand({ Bucket: 'kept' }));
      expect(Versions).toMatchObject([
        { IsLatest: true, Size: 3 },
        { IsLatest: false, Size: 3 },
      ]);
      expect(DeleteMarkers).toMatchObject([{ IsLatest: false }]);
      const older = await client.send(new GetObjectCommand({ ...name, VersionId: Versions[1]?.VersionId }));
      expect([await older.Body?.transformToString(), older.ContentType]).toEqual(['one', 'text/one']);
      const current = await client.send(new GetObjectCommand(plain));
      expect(await current.Body?.transformToString()).toBe('new');
      await client.send(new PutObjectCommand({ ...name, Body: 'three' }));
    });

    await run(path, async (client) => {
      const { Body } = await client.send(new GetObjectCommand(name));
      expect(await Body?.transformToString()).toBe('three');
    });
  });

  it('keeps the order of a dozen versions', async () => {
    const path = await aFolder();
    const written: (string | undefined)[] = [];
    await run(path, async (client) => {
      for (let n = 0; n < 12; n += 1) {
        const { VersionId } = await client.send(new PutObjectCommand({ Bucket: 'kept', Key, Body: `${n}` }));
        written.unshift(VersionId);
      }
    });

    await run(path, async (client) => {
      const { Versions = [] } = await client.send(new ListObjectVersionsCommand({ Bucket: 'kept' }));
      expect(Versions.map(({ VersionId }) => VersionId)).toEqual(written);
    });
  });

  it('with a file that holds no object is refused with the name of the file', async () => {
    const path = await aFolder();
    await run(path, async (client) => {
      await client.send(new PutObjectCommand({ Bucket: 'kept', Key, Body: 'x' }));
    });
    await writeFile(join(path, 's3', '1.json'), '{"bucket":');

    await expect(startEmulatedServices({ folder: await openDataFolder(path) })).rejects.toThrow(
      /s3[\\/]1\.json is damaged/,
    );
  });
});

describe('the door', () => {
  it('is found by AWS_ENDPOINT_URL alone', async () => {
    const Bucket = aBucket();
    vi.stubEnv('AWS_ENDPOINT_URL', system.services.endpoint);
    vi.stubEnv('AWS_REGION', 'eu-central-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'key');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    const client = new S3Client();
    onTestFinished(() => client.destroy());

    await client.send(new PutObjectCommand({ Bucket, Key, Body: 'found' }));

    expect(await get(Bucket)).toBe('found');
  });

  it('knows the buckets of the stacks alone', async () => {
    await expect(put('elsewhere', 'x')).rejects.toMatchObject(failure('NoSuchBucket', 404));
    await expect(get('elsewhere')).rejects.toMatchObject(failure('NoSuchBucket', 404));
  });

  it.each<[string, (Bucket: string) => Promise<unknown>]>([
    ['CopyObject', (Bucket) => s3.send(new CopyObjectCommand({ Bucket, Key, CopySource: 'a/b' }))],
    ['the tags of an object', (Bucket) => s3.send(new GetObjectTaggingCommand({ Bucket, Key }))],
    ['ListObjectsV2', (Bucket) => s3.send(new ListObjectsV2Command({ Bucket }))],
    ['a range of an object', (Bucket) => get(Bucket, { Range: 'bytes=0-1' })],
    ['a listing by folder', (Bucket) => versions(Bucket, { Delimiter: '/' })],
  ])('does not emulate %s, and says so', async (_, call) => {
    await expect(call(aBucket())).rejects.toMatchObject({
      name: 'NotEmulatedException',
      message: expect.stringContaining('is not emulated'),
    });
  });

  it('tells interceptors the operations, and lets no page in a browser in', async () => {
    const Bucket = aBucket();
    const seen: AwsCall[] = [];
    const interceptor = { before: (call: AwsCall) => void seen.push(call) };
    system.services.interceptors.add(interceptor);
    onTestFinished(() => void system.services.interceptors.delete(interceptor));
    await put(Bucket, 'x');
    await get(Bucket);
    await versions(Bucket);
    const headers = { authorization: AUTHORIZATION, origin: 'https://evil.example' };
    const answer = await fetch(`${system.services.endpoint}/${Bucket}/${Key}`, { method: 'DELETE', headers });

    expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining('AccessDenied')]);
    expect(await get(Bucket)).toBe('x');
    expect(seen.slice(0, 4)).toEqual(
      ['PutObject', 'GetObject', 'ListObjectVersions', 'DeleteObject'].map((operation) => ({
        service: 's3',
        operation,
        caller: null,
      })),
    );
  });
});
