// The content encoding aws-chunked: the body in signed chunks, with trailers such as a checksum behind them.
// (Amazon S3 API reference, "Signature calculations for the Authorization header: Transferring payload in multiple chunks")

import type { IncomingHttpHeaders } from 'node:http';
import { AwsFault } from '#local/http/aws-fault.ts';

const ENCODING = 'aws-chunked';
const CRLF = '\r\n';

const encodingsOf = (headers: IncomingHttpHeaders): readonly string[] =>
  (headers['content-encoding'] ?? '')
    .split(',')
    .map((encoding) => encoding.trim())
    .filter((encoding) => encoding !== '');

const dataOf = (body: Buffer): Buffer => {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = body.indexOf(CRLF, at);
    const size = /^[0-9a-f]{1,8}(?=;|$)/i.exec(lineEnd < 0 ? '' : body.toString('latin1', at, lineEnd))?.[0];
    const begin = lineEnd + CRLF.length;
    const end = begin + Number.parseInt(size ?? '', 16);
    if (size === undefined || end > body.length) {
      throw new AwsFault('IncompleteBody', `expected a chunk of ${ENCODING} at byte ${at} of the body`);
    }
    // trailers follow the chunk of no bytes; checksums are not looked at
    if (end === begin) return Buffer.concat(chunks);
    chunks.push(body.subarray(begin, end));
    at = end + CRLF.length;
  }
};

/** What is to be stored: the data, and the content encodings that are its own. @throws AwsFault IncompleteBody */
export const plainBody = (
  headers: IncomingHttpHeaders,
  bytes: Uint8Array,
): { readonly data: Buffer; readonly contentEncoding: string | null } => {
  const encodings = encodingsOf(headers);
  const data = Buffer.from(bytes);
  const contentEncoding = encodings.filter((encoding) => encoding !== ENCODING).join(',') || null;
  return { data: encodings.includes(ENCODING) ? dataOf(data) : data, contentEncoding };
};
