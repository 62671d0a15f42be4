// S3 with versions, in path style: as much of it as a file takes that several writers replace.

import { AwsFault, notEmulated } from '#local/http/aws-fault.ts';
import { type DoorRequest, type DoorResponse, startHttpDoor } from '../http-door.ts';
import type { HttpDoor } from '../loopback.ts';
import type { ObjectStore } from './object-store.ts';
import { performS3, S3Fault } from './operations.ts';
import { s3OperationOf, s3TargetOf } from './routing.ts';
import { errorXml } from './xml.ts';

/** S3 takes 5 GB in one request; the largest that is written here is a truststore. */
const MAX_BODY_BYTES = 32 * 1_024 * 1_024;

const refusal = (
  { code, message, status }: AwsFault,
  headers: Readonly<Record<string, string>> = {},
): DoorResponse => ({
  status,
  headers: { 'content-type': 'application/xml', ...headers },
  body: errorXml(code, message),
});

/** Listens on a free port of 127.0.0.1. Requests are not authenticated. */
export const startS3 = (store: ObjectStore): Promise<HttpDoor> => {
  const answer = ({ method, url, headers, bytes }: DoorRequest): Promise<DoorResponse> => {
    const operation = s3OperationOf(method, url.pathname, url.searchParams);
    const target = s3TargetOf(url.pathname);
    if (operation === null || target === null) throw notEmulated(`${method} ${url.pathname}${url.search} of S3`);
    const bucket = store.bucket(target.bucket);
    if (bucket === null) throw new AwsFault('NoSuchBucket', 'The specified bucket does not exist', 404);
    return performS3(operation, { bucket, key: target.key, query: url.searchParams, headers, bytes });
  };
  const handle = async (request: DoorRequest): Promise<DoorResponse> => {
    try {
      return await answer(request);
    } catch (error) {
      if (error instanceof AwsFault) return refusal(error, error instanceof S3Fault ? error.headers : {});
      throw error;
    }
  };
  const codes: Readonly<Record<number, string>> = { 403: 'AccessDenied', 413: 'EntityTooLarge' };
  return startHttpDoor(handle, {
    maxBodyBytes: MAX_BODY_BYTES,
    refuse: (status, message) => refusal(new AwsFault(codes[status] ?? 'InvalidRequest', message, status)),
  });
};
