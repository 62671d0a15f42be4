// An operator vouches for a tenant's CA certificate, or has AWS do so whose Private CA keeps the key.

import { anchorFailure } from '#domain/anchor-rules.ts';
import type { TenantName } from '#domain/ids.ts';
import { err, type Result } from '#domain/result.ts';
import type { TrustAnchor } from '#domain/trust-anchor.ts';
import type { ReadAnchor } from '#ports/certificate-reader.ts';
import type { PrivateCa } from '#ports/private-ca.ts';
import type { AnchorPlace } from '#ports/trust-registry.ts';
import { obstacleTo, tooManyCas, unfitCa } from './anchor-refusals.ts';
import { type EnrolAnchorDeps, enrolAnchor, openAnchor } from './enrol-anchor.ts';
import { findTraces, isTrusted } from './known-anchors.ts';
import { type Outcome, refuse } from './refusal.ts';
import { inTurn, type TurnDeps } from './tenant-turn.ts';
import { type ChallengeDeps, hasFreePlace, uploadOf } from './upload-anchor.ts';

export type RegisterAnchorDeps = TurnDeps &
  ChallengeDeps &
  EnrolAnchorDeps & {
    /** fails on whatever is not one readable certificate */
    readonly readAnchor: (pem: string) => Result<ReadAnchor, { readonly code: string; readonly message: string }>;
    readonly privateCa: Pick<PrivateCa, 'certificate'>;
  };

/** PEM of the CA, or ARN of the private CA whose certificate it is. */
export type AnchorSource = { readonly certificate: string } | { readonly privateCaArn: string };

/** An earlier attempt may have ended before its work was done, and an earlier release knew no places. */
const refuseRepeat = async (deps: RegisterAnchorDeps, anchor: TrustAnchor, place: AnchorPlace | null) => {
  const { id, tenant, state } = anchor;
  if (!place) await deps.places.put({ tenant, id, upload: null });
  if (state === 'ACTIVE') await openAnchor(deps, anchor);
  return refuse(
    'conflict',
    'ANCHOR_EXISTS',
    `CA certificate ${id} is registered for ${tenant} already, and ${state}; ${state === 'REVOKED' ? 'restore it' : 'nothing to do'}`,
  );
};

/** What an operator vouches for may be an intermediate CA: nobody is asked who vouches for it (CA-09). */
export const registerAnchor =
  (deps: RegisterAnchorDeps) =>
  async (name: TenantName, source: AnchorSource, actor: string): Promise<Outcome<TrustAnchor>> => {
    const { places, readAnchor, privateCa, clock } = deps;
    const [pem, vouching] =
      'privateCaArn' in source
        ? [await privateCa.certificate(source.privateCaArn), { proof: 'ACM_PCA', ...source } as const]
        : [source.certificate, { proof: 'OPERATOR', privateCaArn: null } as const];
    const read = readAnchor(pem);
    if (!read.ok) return err({ kind: 'invalid', ...read.error });
    const ca = read.value;
    return inTurn(deps, name, async ({ anchorRules, anchorLimit }, held) => {
      const now = clock();
      const unfit = anchorFailure(ca, now, anchorRules);
      if (unfit) return unfitCa(unfit);
      const { place, anchor } = await findTraces(deps)(name, ca.id);
      const obstacle = obstacleTo('register', name, anchor, now);
      if (obstacle) return obstacle;
      if (isTrusted(anchor)) return refuseRepeat(deps, anchor, place);
      if (!place && !(await hasFreePlace(places, name, anchorLimit))) return tooManyCas(name, anchorLimit);
      const upload = uploadOf(deps, ca, { tenant: name, certificateMode: 'SNI_ONLY', actor });
      held.assertHeld();
      const enrolled = await enrolAnchor(deps, upload, anchor, { ...vouching, verificationCertificate: null, actor });
      // another tenant was quicker by a moment
      if (!enrolled.ok && !place) await places.remove(name, ca.id);
      return enrolled;
    });
  };
