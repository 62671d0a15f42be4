// The XML that S3 answers with.

import type { ObjectVersion } from './object-store.ts';

const escapeXml = (text: string): string =>
  text.replace(/[<>&"'\p{Cc}]/gu, (character) => `&#${character.codePointAt(0)};`);

const element = (name: string, content: string | number | boolean): string =>
  `<${name}>${escapeXml(String(content))}</${name}>`;

const document = (content: string): string => `<?xml version="1.0" encoding="UTF-8"?>\n${content}`;

export const errorXml = (code: string, message: string): string =>
  document(`<Error>${element('Code', code)}${element('Message', message)}</Error>`);

export type Listing = {
  readonly bucket: string;
  readonly request: {
    readonly prefix: string;
    readonly keyMarker: string;
    readonly versionIdMarker: string;
    readonly maxKeys: number;
  };
  readonly versions: readonly (ObjectVersion & { readonly isLatest: boolean })[];
  readonly isTruncated: boolean;
};

const versionXml = ({ key, versionId, isLatest, lastModified, content }: Listing['versions'][number]): string => {
  const common = [
    element('Key', key),
    element('VersionId', versionId),
    element('IsLatest', isLatest),
    element('LastModified', new Date(lastModified).toISOString()),
  ].join('');
  if (content === null) return `<DeleteMarker>${common}</DeleteMarker>`;
  const { etag, data } = content;
  return `<Version>${common}${element('ETag', etag)}${element('Size', data.length)}${element('StorageClass', 'STANDARD')}</Version>`;
};

export const listingXml = ({ bucket, request, versions, isTruncated }: Listing): string => {
  const last = versions.at(-1);
  const next =
    isTruncated && last !== undefined
      ? element('NextKeyMarker', last.key) + element('NextVersionIdMarker', last.versionId)
      : '';
  return document(
    [
      '<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
      element('Name', bucket),
      element('Prefix', request.prefix),
      element('KeyMarker', request.keyMarker),
      element('VersionIdMarker', request.versionIdMarker),
      next,
      element('MaxKeys', request.maxKeys),
      element('IsTruncated', isTruncated),
      ...versions.map(versionXml),
      '</ListVersionsResult>',
    ].join(''),
  );
};
