// Finds PEM blocks in text (RFC 7468), with CRLF and explanatory text around them tolerated.

export type PemBlock = { readonly label: string; readonly body: string };

/** The blocks that are complete, in order. */
export const pemBlocks = (text: string): readonly PemBlock[] =>
  Array.from(text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/g), ([, label = '', body = '']) => ({
    label,
    body: body.replace(/\s+/g, ''),
  }));

/** True even when the block is cut short: whoever sent it must learn that a key left its place. */
export const hasPrivateKey = (text: string): boolean => text.includes('PRIVATE KEY-----');

/** Null when the body is not base64. */
export const bytesOf = ({ body }: Pick<PemBlock, 'body'>): Buffer | null =>
  // one class in the loop: a group would have the stack overflow on a revocation list of some megabytes
  body.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(body) ? Buffer.from(body, 'base64') : null;
