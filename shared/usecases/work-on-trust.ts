// Does what a command on the trust queue asks.

import type { CertificateId } from '#domain/ids.ts';
import type { TrustCommand } from '#ports/messages.ts';
import { type ApplyCrlDeps, applyCrl } from './apply-crl.ts';
import type { Failure } from './kept-failures.ts';
import { type PublishTruststoreDeps, publishTruststore } from './publish-truststore.ts';
import { type SweepAnchorDeps, sweepAnchor } from './sweep-anchor.ts';
import { type SweepExpiryDeps, sweepExpiry } from './sweep-expiry.ts';
import { type TellPrivateCaDeps, tellPrivateCa } from './tell-private-ca.ts';

export type WorkOnTrustDeps = SweepAnchorDeps &
  SweepExpiryDeps &
  ApplyCrlDeps &
  PublishTruststoreDeps &
  TellPrivateCaDeps;

/** What is told of it. */
export type WorkOnTrustOutcome = {
  readonly kind?: string;
  /** certificates for which it failed, which holds nothing up */
  readonly failures?: readonly Failure[];
  /** certificates that IoT Core let in under a revoked anchor and Vestibule never decided on: they are INACTIVE now */
  readonly foreign?: readonly CertificateId[];
};

/** Repeatable, as each of the acts is. */
export const workOnTrust =
  (deps: WorkOnTrustDeps) =>
  async (command: TrustCommand): Promise<WorkOnTrustOutcome> => {
    switch (command.act) {
      case 'sweep':
        return sweepAnchor(deps)(command);
      case 'expiry':
        return sweepExpiry(deps)(command);
      case 'crl':
        return applyCrl(deps)(command);
      case 'truststore':
        return { kind: (await publishTruststore(deps)()).written ? 'written' : 'unchanged' };
      case 'private-ca':
        await tellPrivateCa(deps)(command.certificateId);
        return {};
    }
  };
