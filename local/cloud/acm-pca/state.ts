// What an account has in AWS Private CA, and the file that keeps it where the system's state lasts.

import * as v from 'valibot';
import type { DataFolder } from '#local/data-folder.ts';
import { CrlConfiguration, KeyAlgorithm, SigningAlgorithm, Subject } from './parameters.ts';

const FILE = 'acm-pca.json';

/** times in epoch milliseconds, PEM throughout, serial numbers in lower-case hex */
const Authority = v.strictObject({
  arn: v.string(),
  keyAlgorithm: KeyAlgorithm,
  signingAlgorithm: SigningAlgorithm,
  subject: Subject,
  crl: v.nullable(CrlConfiguration),
  /** of the last list that was published */
  crlNumber: v.number(),
  createdAt: v.number(),
  changedAt: v.number(),
  /** PKCS #8; it leaves this file for nobody */
  privateKey: v.string(),
  csr: v.string(),
  /** null until one is imported */
  certificate: v.nullable(v.string()),
});

const Issued = v.strictObject({
  arn: v.string(),
  authorityArn: v.string(),
  serialNumber: v.string(),
  pem: v.string(),
  revoked: v.nullable(v.strictObject({ at: v.number(), reason: v.string() })),
});

const Stored = v.strictObject({
  version: v.literal(1),
  authorities: v.record(v.string(), Authority),
  issued: v.record(v.string(), Issued),
});

export type Authority = v.InferOutput<typeof Authority>;
export type Issued = v.InferOutput<typeof Issued>;

export type PrivateCaState = {
  readonly authorities: Map<string, Authority>;
  readonly issued: Map<string, Issued>;
  /** Resolves when all that is in the state now is as durable as it gets. Calls that come together share one write. */
  readonly save: () => Promise<void>;
};

/** @throws DataFolderError when the file is not what was written there */
export const openPrivateCaState = async (folder: DataFolder): Promise<PrivateCaState> => {
  const stored = folder.lasts ? await folder.readJson(FILE, Stored) : null;
  const authorities = new Map(Object.entries(stored?.authorities ?? {}));
  const issued = new Map(Object.entries(stored?.issued ?? {}));

  let running: Promise<void> = Promise.resolve();
  let waiting: Promise<void> | null = null;
  const write = () => {
    waiting = null;
    const content: v.InferInput<typeof Stored> = {
      version: 1,
      authorities: Object.fromEntries(authorities),
      issued: Object.fromEntries(issued),
    };
    running = folder.write(FILE, JSON.stringify(content, null, 1));
    return running;
  };
  const save = async (): Promise<void> => {
    if (!folder.lasts) return;
    waiting ??= running.then(write, write);
    await waiting;
  };
  return { authorities, issued, save };
};
