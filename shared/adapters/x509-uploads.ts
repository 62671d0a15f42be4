// Reads what a tenant uploads: a CA certificate with those above it, and the certificate that shows possession of its key.

import { X509Certificate } from 'node:crypto';
import type { VerificationFacts } from '#domain/proof-of-possession.ts';
import { ok, type Result } from '#domain/result.ts';
import type { ReadUpload } from '#ports/certificate-reader.ts';
import {
  anchorOf,
  certificateBlocks,
  type FileProblem,
  isIssuedBy,
  problem,
  readCertificate,
  readOneCertificate,
  reasonProblem,
} from './x509-certificates.ts';

/** The CA certificate first, then who signed it and so on, as far as the file goes (CA-02, CA-09). */
export const readAnchorUpload = (text: string): Result<ReadUpload, FileProblem> => {
  const blocks = certificateBlocks(text);
  if (!blocks.ok) return blocks;
  const [block, ...blocksAbove] = blocks.value;
  const first = readCertificate(block);
  if (!first) return reasonProblem('CERT_UNREADABLE', 'certificate 1');
  const above = [];
  let below = first.x509;
  for (const [at, parentBlock] of blocksAbove.entries()) {
    const parent = readCertificate(parentBlock);
    if (!parent) return reasonProblem('CERT_UNREADABLE', `certificate ${at + 2}`);
    if (!isIssuedBy(below, parent.x509, parent.x509.publicKey))
      return problem(
        'CHAIN_BROKEN',
        `expected certificate ${at + 2} to have signed certificate ${at + 1}, which it did not: send the CA that signs devices first, then the one that signed it, and so on up to the root`,
      );
    above.push(anchorOf(parent));
    below = parent.x509;
  }
  return ok({ ca: anchorOf(first), parents: above });
};

/** @param anchorPem of the CA that is to have signed it (CA-04) */
export const readVerification = (text: string, anchorPem: string): Result<VerificationFacts, FileProblem> => {
  const read = readOneCertificate(text, 'the one that was signed over the code');
  if (!read.ok) return read;
  const { x509, facts } = read.value;
  const anchor = new X509Certificate(anchorPem);
  return ok({
    cn: facts.subject.cn,
    signedByAnchor: isIssuedBy(x509, anchor, anchor.publicKey),
    validFrom: facts.validFrom,
    validTo: facts.validTo,
  });
};
