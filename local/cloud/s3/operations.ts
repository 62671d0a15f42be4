// The operations of S3 on a bucket, each as the Amazon S3 API reference describes it.

import type { IncomingHttpHeaders } from 'node:http';
import { AwsFault, notEmulated } from '#local/http/aws-fault.ts';
import { plainBody } from './aws-chunked.ts';
import { type Bucket, type ObjectVersion, UNVERSIONED } from './object-store.ts';
import type { S3Operation } from './routing.ts';
import { listingXml } from './xml.ts';

export type S3Request = {
  readonly bucket: Bucket;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Uint8Array;
};
export type S3Response = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
};

/** S3 User Guide, "Naming Amazon S3 objects" */
const MAX_KEY_BYTES = 1_024;
const MAX_LISTED = 1_000;
/** Would change what is done, so that they must not be skipped. */
const NOT_EMULATED =
  /^(range|if-modified-since|if-unmodified-since|x-amz-(copy-source|object-lock|mfa|write-offset).*)$/;
/** What is kept with an object, and told with it again. */
const OBJECT_HEADER =
  /^(content-type|content-disposition|content-encoding|content-language|cache-control|expires|x-amz-meta-.+)$/;

/** A refusal that says more in its headers. */
export class S3Fault extends AwsFault {
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: string, message: string, status: number, headers: Readonly<Record<string, string>>) {
    super(code, message, status);
    this.headers = headers;
  }
}

const noSuchKey = () => new AwsFault('NoSuchKey', 'The specified key does not exist.', 404);
const preconditionFailed = () =>
  new AwsFault('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412);

const header = (headers: IncomingHttpHeaders, name: string): string | null => {
  const value = headers[name];
  return typeof value === 'string' ? value : null;
};
const sameEtag = (given: string, etag: string): boolean => given.replaceAll('"', '') === etag.replaceAll('"', '');

/** User Guide, "Preventing object overwrites with conditional writes" */
const checkWrite = (headers: IncomingHttpHeaders, current: ObjectVersion | undefined): void => {
  const ifNoneMatch = header(headers, 'if-none-match');
  const ifMatch = header(headers, 'if-match');
  if (ifNoneMatch !== null) {
    if (ifNoneMatch !== '*') {
      throw new AwsFault('NotImplemented', `If-None-Match of a write takes * alone, got ${ifNoneMatch}`, 501);
    }
    if (current?.content) throw preconditionFailed();
  }
  if (ifMatch === null) return;
  if (!current?.content) throw noSuchKey();
  if (!sameEtag(ifMatch, current.content.etag)) throw preconditionFailed();
};

const versionHeader = (bucket: Bucket, { versionId }: ObjectVersion): Record<string, string> =>
  bucket.versioned ? { 'x-amz-version-id': versionId } : {};

const putObject = async ({ bucket, key, headers, bytes }: S3Request): Promise<S3Response> => {
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) throw new AwsFault('KeyTooLongError', 'Your key is too long');
  const { data, contentEncoding } = plainBody(headers, bytes);
  const kept = Object.entries(headers).flatMap(([name, value]) =>
    OBJECT_HEADER.test(name) && typeof value === 'string' && name !== 'content-encoding' ? [[name, value]] : [],
  );
  if (contentEncoding !== null) kept.push(['content-encoding', contentEncoding]);
  // nothing is waited for between the look at what is there and the write
  checkWrite(headers, bucket.versionsOf(key)[0]);
  const version = await bucket.add(key, { data, headers: Object.fromEntries(kept) });
  return {
    status: 200,
    headers: { etag: version.content?.etag ?? '', ...versionHeader(bucket, version) },
    body: '',
  };
};

const versionNamed = ({ bucket, key, query }: S3Request): ObjectVersion => {
  const versions = bucket.versionsOf(key);
  const versionId = query.get('versionId');
  if (versionId === null) {
    const [current] = versions;
    if (current === undefined) throw noSuchKey();
    return current;
  }
  const version = versions.find((one) => one.versionId === versionId);
  if (version === undefined) {
    throw new AwsFault('NoSuchVersion', 'The specified version does not exist.', 404);
  }
  return version;
};

/** User Guide, "Working with delete markers" */
const hiddenByMarker = ({ bucket, query }: S3Request, marker: ObjectVersion): S3Fault => {
  const { code, message, status } = query.has('versionId')
    ? new AwsFault('MethodNotAllowed', 'The specified method is not allowed against this resource.', 405)
    : noSuchKey();
  return new S3Fault(code, message, status, { 'x-amz-delete-marker': 'true', ...versionHeader(bucket, marker) });
};

const getObject = async (request: S3Request): Promise<S3Response> => {
  const { bucket, headers } = request;
  const version = versionNamed(request);
  const { content } = version;
  if (content === null) throw hiddenByMarker(request, version);
  const ifMatch = header(headers, 'if-match');
  const ifNoneMatch = header(headers, 'if-none-match');
  if (ifMatch !== null && !sameEtag(ifMatch, content.etag)) throw preconditionFailed();
  const described = {
    etag: content.etag,
    'last-modified': new Date(version.lastModified).toUTCString(),
    ...versionHeader(bucket, version),
  };
  if (ifNoneMatch !== null && sameEtag(ifNoneMatch, content.etag)) return { status: 304, headers: described, body: '' };
  return {
    status: 200,
    headers: {
      'content-type': 'binary/octet-stream',
      ...content.headers,
      'content-length': String(content.data.length),
      ...described,
    },
    body: content.data,
  };
};

/** Repeatable, also for what is not there: with versions each adds a marker. */
const deleteObject = async (request: S3Request): Promise<S3Response> => {
  const { bucket, key, query } = request;
  if (query.has('versionId') || !bucket.versioned) {
    const id = query.get('versionId') ?? UNVERSIONED;
    const version = bucket.versionsOf(key).find(({ versionId }) => versionId === id);
    if (version !== undefined) await bucket.remove(version);
    const marker: Record<string, string> = version?.content === null ? { 'x-amz-delete-marker': 'true' } : {};
    return { status: 204, headers: { ...marker, ...(bucket.versioned && { 'x-amz-version-id': id }) }, body: '' };
  }
  const marker = await bucket.add(key, null);
  return {
    status: 204,
    headers: { 'x-amz-delete-marker': 'true', ...versionHeader(bucket, marker) },
    body: '',
  };
};

const listObjectVersions = async ({ bucket, query }: S3Request): Promise<S3Response> => {
  const prefix = query.get('prefix') ?? '';
  const keyMarker = query.get('key-marker') ?? '';
  const versionIdMarker = query.get('version-id-marker') ?? '';
  const maxKeys = Number(query.get('max-keys') ?? MAX_LISTED);
  if (!(Number.isInteger(maxKeys) && maxKeys >= 0)) {
    throw new AwsFault('InvalidArgument', `max-keys: expected a whole number, got ${query.get('max-keys')}`);
  }
  const matching = bucket.all().filter(({ key }) => key.startsWith(prefix));
  const last = matching.findLastIndex(
    ({ key, versionId }) => key === keyMarker && (versionIdMarker === '' || versionId === versionIdMarker),
  );
  const rest = matching.slice(last + 1);
  const page = rest.slice(0, Math.min(maxKeys, MAX_LISTED));
  const latest = new Set(page.filter((version) => bucket.versionsOf(version.key)[0] === version));
  const xml = listingXml({
    bucket: bucket.name,
    request: { prefix, keyMarker, versionIdMarker, maxKeys },
    versions: page.map((version) => ({ ...version, isLatest: latest.has(version) })),
    isTruncated: page.length < rest.length && page.length > 0,
  });
  return { status: 200, headers: { 'content-type': 'application/xml' }, body: xml };
};

const OPERATIONS: Readonly<Record<S3Operation, (request: S3Request) => Promise<S3Response>>> = {
  PutObject: putObject,
  GetObject: getObject,
  // Node sends no body in answer to HEAD
  HeadObject: getObject,
  DeleteObject: deleteObject,
  ListObjectVersions: listObjectVersions,
};

/** @throws AwsFault with S3's code */
export const performS3 = (operation: S3Operation, request: S3Request): Promise<S3Response> => {
  const skipped = Object.keys(request.headers).find((name) => NOT_EMULATED.test(name));
  if (skipped !== undefined) throw notEmulated(`${operation} with ${skipped}`);
  return OPERATIONS[operation](request);
};
