// Which operation of S3 a request line names, in path style: `/bucket/key`.

/** Parts of the query that name no other operation; such as `?tagging` would. */
const PLAIN = new Set(['x-id', 'versionId']);
const LISTING = new Set(['x-id', 'versions', 'prefix', 'key-marker', 'version-id-marker', 'max-keys']);

const ON_OBJECTS: Readonly<Record<string, S3Operation>> = {
  PUT: 'PutObject',
  GET: 'GetObject',
  HEAD: 'HeadObject',
  DELETE: 'DeleteObject',
};

export type S3Operation = 'PutObject' | 'GetObject' | 'HeadObject' | 'DeleteObject' | 'ListObjectVersions';
export type S3Target = { readonly bucket: string; readonly key: string };

/** @param path percent-encoded; null when it is not UTF-8 */
export const s3TargetOf = (path: string): S3Target | null => {
  const [, bucket = '', ...key] = path.split('/');
  try {
    return { bucket: decodeURIComponent(bucket), key: decodeURIComponent(key.join('/')) };
  } catch {
    return null;
  }
};

/** Null for an operation, or a parameter of one, that is not emulated. */
export const s3OperationOf = (method: string, path: string, query: URLSearchParams): S3Operation | null => {
  const target = s3TargetOf(path);
  if (target === null || target.bucket === '') return null;
  const parameters = [...query.keys()];
  if (target.key !== '') {
    return parameters.every((name) => PLAIN.has(name)) ? (ON_OBJECTS[method] ?? null) : null;
  }
  const isListing = method === 'GET' && query.has('versions') && parameters.every((name) => LISTING.has(name));
  return isListing ? 'ListObjectVersions' : null;
};
