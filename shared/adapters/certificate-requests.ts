// Reads certificate signing requests: PKCS #10 (RFC 2986) in PEM (RFC 7468 §7).

import { createHash, createPublicKey } from 'node:crypto';
import { err, ok } from '#domain/result.ts';
import { shown } from '#domain/shown.ts';
import type { ReadRequest, RequestProblem, RequestReader } from '#ports/certificate-requests.ts';
import { childrenOf, type Der, expectTag, TAG } from './der.ts';
import { bytesOf, hasPrivateKey, pemBlocks } from './pem.ts';
import { publicKeyOf } from './x509-certificates.ts';
import { subjectOf } from './x509-fields.ts';
import { nameText } from './x509-names.ts';
import { isSignedBy, signedOf } from './x509-signed.ts';

/** The second is what older tools write. */
const LABELS: readonly string[] = ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'];

const endOf = ({ body }: Der): number => body.byteOffset + body.length;

const readDer = (der: Buffer): Omit<ReadRequest, 'pem'> => {
  const signed = signedOf(der);
  const [version, subject, spki] = childrenOf(signed.value, TAG.sequence);
  const keyBytes = Buffer.from(
    der.buffer,
    endOf(expectTag(subject, TAG.sequence)),
    endOf(expectTag(spki, TAG.sequence)) - endOf(expectTag(subject, TAG.sequence)),
  );
  const key = createPublicKey({ key: keyBytes, format: 'der', type: 'spki' });
  return {
    version: expectTag(version, TAG.integer).body[0] ?? 0,
    subject: subjectOf(subject),
    subjectText: nameText(subject),
    publicKey: publicKeyOf(key),
    publicKeyId: createHash('sha256')
      .update(key.export({ type: 'spki', format: 'der' }))
      .digest('hex'),
    signatureAlgorithm: signed.algorithm,
    selfSigned: isSignedBy(signed, key),
  };
};

const problem = (code: RequestProblem['code'], message: string) => err({ code, message });

export const readCertificateRequest: RequestReader = (text) => {
  if (hasPrivateKey(text))
    return problem(
      'PRIVATE_KEY_IN_UPLOAD',
      'expected a certificate signing request, got a private key; it was not kept: send the request alone, and consider the key disclosed',
    );
  const [block, ...more] = pemBlocks(text);
  if (!block || more.length > 0 || !LABELS.includes(block.label)) {
    const got = block && (more.length > 0 ? `${more.length + 1} PEM blocks` : `-----BEGIN ${shown(block.label)}-----`);
    return problem(
      'NOT_A_CSR',
      `expected one -----BEGIN CERTIFICATE REQUEST-----, got ${got ?? 'no PEM text'}; convert DER with \`openssl req -inform der\``,
    );
  }
  const der = bytesOf(block);
  try {
    if (!der) throw new TypeError('its body is no base64');
    return ok({
      ...readDer(der),
      pem: `-----BEGIN CERTIFICATE REQUEST-----\n${block.body.replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE REQUEST-----\n`,
    });
  } catch {
    return problem(
      'CSR_UNREADABLE',
      'the certificate signing request cannot be read: it is damaged, or its key or a name in it is of no known kind; make it again, for example with `openssl req -new`',
    );
  }
};
