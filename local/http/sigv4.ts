// Verifies AWS Signature Version 4 in the Authorization header.
// (IAM User Guide, "Create a signed AWS API request")

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

export type SignedRequest = {
  readonly method: string;
  /** as on the request line, percent-encoded, without the query */
  readonly rawPath: string;
  /** without `?` */
  readonly rawQuery: string;
  /** by lower-case name */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
};

export type Verification =
  | { readonly ok: true; readonly accessKeyId: string }
  | { readonly ok: false; readonly because: string };

export type CredentialScope = {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
};

const ALGORITHM = 'AWS4-HMAC-SHA256';
/** A signature is good for five minutes either side of its time. */
const MAX_SKEW_MS = 5 * 60_000;

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();
const failed = (because: string): Verification => ({ ok: false, because });

/** `Credential=AKID/20260131/eu-central-1/execute-api/aws4_request`, null when the header holds no such thing. */
export const credentialScopeOf = (authorization: string | undefined): CredentialScope | null => {
  const found = /^AWS4-HMAC-SHA256 .*?Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request/.exec(
    authorization ?? '',
  );
  const [, accessKeyId, date, region, service] = found ?? [];
  if (accessKeyId === undefined || date === undefined || region === undefined || service === undefined) return null;
  return { accessKeyId, date, region, service };
};

const parseTime = (amzDate: string | undefined): number | null => {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(amzDate ?? '');
  if (parts === null) return null;
  const [, year, month, day, hour, minute, second] = parts;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time) ? null : time;
};

/** RFC 3986: encodeURIComponent leaves five characters that SigV4 encodes. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** Every service but S3 encodes the segments of the path as sent once more. */
const canonicalPath = (rawPath: string): string => rawPath.split('/').map(encode).join('/');

const decodeQueryPart = (part: string): string => {
  try {
    return decodeURIComponent(part.replaceAll('+', '%20'));
  } catch {
    return part;
  }
};

const canonicalQuery = (rawQuery: string): string =>
  rawQuery
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const equals = pair.indexOf('=');
      const [name, value] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
      return [encode(decodeQueryPart(name)), encode(decodeQueryPart(value))] as const;
    })
    .sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');

/**
 * @param secretOf secret of an access key, null when there is no such key
 * @param now epoch milliseconds of the verifier's clock
 */
export const verifySignature = (
  request: SignedRequest,
  expected: { readonly region: string; readonly service: string },
  secretOf: (accessKeyId: string) => string | null,
  now: number,
): Verification => {
  const { headers } = request;
  const authorization = headers['authorization'];
  if (authorization === undefined) return failed('the request is not signed');
  const scope = credentialScopeOf(authorization);
  const signedHeaders = /SignedHeaders=([^,\s]+)/.exec(authorization)?.[1]?.split(';');
  const signature = /Signature=([0-9a-f]{64})$/.exec(authorization)?.[1];
  if (scope === null || signedHeaders === undefined || signature === undefined) {
    return failed('the Authorization header is not one of Signature Version 4');
  }
  if (scope.region !== expected.region || scope.service !== expected.service) {
    return failed(`signed for ${scope.service} in ${scope.region}, not for ${expected.service} in ${expected.region}`);
  }
  const amzDate = headers['x-amz-date'];
  const signedAt = parseTime(amzDate);
  if (amzDate === undefined || signedAt === null || !amzDate.startsWith(scope.date)) {
    return failed('X-Amz-Date is missing, malformed or of another day than the credential');
  }
  if (Math.abs(now - signedAt) > MAX_SKEW_MS) return failed('signature expired or from the future: check the clock');
  if (!signedHeaders.includes('host')) return failed('the host header is not signed');
  const secret = secretOf(scope.accessKeyId);
  if (secret === null) return failed('unknown access key');

  const bodyHash = sha256(request.body);
  const canonicalRequest = [
    request.method,
    canonicalPath(request.rawPath),
    canonicalQuery(request.rawQuery),
    ...signedHeaders.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/\s+/g, ' ')}`),
    '',
    signedHeaders.join(';'),
    bodyHash,
  ].join('\n');
  const scopeText = `${scope.date}/${scope.region}/${scope.service}/aws4_request`;
  const toSign = [ALGORITHM, amzDate, scopeText, sha256(canonicalRequest)].join('\n');
  const key = [scope.date, scope.region, scope.service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secret}`);
  const right = typeof key !== 'string' && timingSafeEqual(hmac(key, toSign), Buffer.from(signature, 'hex'));
  return right ? { ok: true, accessKeyId: scope.accessKeyId } : failed('the signature does not match');
};
