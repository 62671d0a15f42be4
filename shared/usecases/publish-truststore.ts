// Brings the truststore's file to what the registry says of all trust anchors.

import { TransientError } from '#domain/errors.ts';
import type { TruststoreFile } from '#ports/truststore.ts';
import { readTruststore, type TruststoreDeps } from './truststore.ts';

export type PublishTruststoreDeps = TruststoreDeps & { readonly file: TruststoreFile };
export type PublishedTruststore = {
  /** whether the file had to be written */
  readonly written: boolean;
  readonly anchors: number;
  readonly omitted: number;
};

/** Each further one is needed only when a trust anchor changed, or another worker wrote, within the one before. */
const ATTEMPTS = 5;

/**
 * Repeatable, and side by side with others. The file is read before the registry, so that one who read the registry
 * earlier cannot write over one who read it later; and once more after it was written, for a file that was changed there
 * and back in between looks as if it had not been.
 * @throws TransientError when the trust anchors do not come to rest
 */
export const publishTruststore = (deps: PublishTruststoreDeps) => {
  const readAll = readTruststore(deps);
  return async (): Promise<PublishedTruststore> => {
    let written = false;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const standing = await deps.file.read();
      const { pem, anchors, omitted } = await readAll(null);
      if (standing?.pem === pem) return { written, anchors: anchors.length, omitted: omitted.length };
      const outcome = await deps.file.write(pem, standing?.etag ?? null);
      written ||= outcome === 'written';
    }
    throw new TransientError(`the truststore was still changing after ${ATTEMPTS} attempts to publish it`);
  };
};
