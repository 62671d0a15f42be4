// A tenant shows possession of a CA's key: from then on devices that it signed may register (CA-04).

import { isUpload } from '#domain/anchor-acts.ts';
import { anchorFailure } from '#domain/anchor-rules.ts';
import type { AnchorId, TenantName } from '#domain/ids.ts';
import {
  codeFailure,
  type PossessionFailure,
  possessionFailure,
  type VerificationFacts,
} from '#domain/proof-of-possession.ts';
import { err, ok, type Result } from '#domain/result.ts';
import type { AnchorRules } from '#domain/tenant.ts';
import type { AnchorUpload, TrustAnchor } from '#domain/trust-anchor.ts';
import type { ReadAnchor } from '#ports/certificate-reader.ts';
import { illegalAct, ownedByOther, unfitCa } from './anchor-refusals.ts';
import { type EnrolAnchorDeps, enrolAnchor, openAnchor } from './enrol-anchor.ts';
import { findTraces, knownOf } from './known-anchors.ts';
import { type Outcome, refuse, unknownAnchor } from './refusal.ts';
import { inTurn, type TurnDeps } from './tenant-turn.ts';

type Read<T> = Result<T, { readonly code: string; readonly message: string }>;

export type VerifyAnchorDeps = TurnDeps &
  EnrolAnchorDeps & {
    readonly readAnchor: (pem: string) => Read<ReadAnchor>;
    readonly readVerification: (pem: string, anchorPem: string) => Read<VerificationFacts>;
  };

export type Proofs = {
  readonly verificationCertificate: string;
  /** over the account's registration code, for the mode `DEFAULT`; else it is not looked at */
  readonly accountVerificationCertificate: string | null;
};

const refusePossession = ({ code, message }: PossessionFailure) =>
  refuse(code === 'POP_EXPIRED' ? 'gone' : 'invalid', code, message);

/** `ok(null)` where AWS asks for none. */
const accountProof = async (
  { gateway, readVerification, clock }: VerifyAnchorDeps,
  { certificateMode, pem }: AnchorUpload,
  proof: string | null,
): Promise<Outcome<string | null>> => {
  if (certificateMode === 'SNI_ONLY') return ok(null);
  const code = await gateway.registrationCode();
  if (proof === null)
    return refuse(
      'invalid',
      'POP_CODE',
      `expected a second verification certificate, which AWS asks for in the mode DEFAULT, got none: sign one with the CN ${code}`,
    );
  const read = readVerification(proof, pem);
  if (!read.ok) return err({ kind: 'invalid', ...read.error });
  const failure = codeFailure(code, read.value, 'the verification certificate for the account', clock());
  return failure ? refusePossession(failure) : ok(proof);
};

const prove = async (
  deps: VerifyAnchorDeps,
  upload: AnchorUpload,
  { verificationCertificate, accountVerificationCertificate }: Proofs,
): Promise<Outcome<string | null>> => {
  const read = deps.readVerification(verificationCertificate, upload.pem);
  if (!read.ok) return err({ kind: 'invalid', ...read.error });
  const failure = possessionFailure(upload.challenge, read.value, deps.clock());
  return failure ? refusePossession(failure) : accountProof(deps, upload, accountVerificationCertificate);
};

/** Its validity may be over by now, and the tenant's rules may be stricter than at the upload. */
const misfitOf = ({ readAnchor, clock }: VerifyAnchorDeps, { pem }: AnchorUpload, rules: AnchorRules) => {
  const read = readAnchor(pem);
  if (!read.ok) return err({ kind: 'invalid', ...read.error } as const);
  const unfit = anchorFailure(read.value, clock(), rules);
  return unfit && unfitCa(unfit);
};

/** Nothing is asked of an anchor that stands; what an earlier attempt left to do is done. */
const verifyAgain = async (deps: VerifyAnchorDeps, anchor: TrustAnchor, left: AnchorUpload | null) => {
  if (anchor.state !== 'ACTIVE') return illegalAct('verify', anchor, deps.clock());
  if (left) await openAnchor(deps, anchor);
  return ok(anchor);
};

/** Repeatable. */
export const verifyAnchor =
  (deps: VerifyAnchorDeps) =>
  (name: TenantName, id: AnchorId, proofs: Proofs, actor: string): Promise<Outcome<TrustAnchor>> =>
    inTurn(deps, name, async ({ anchorRules }, held) => {
      const { upload, anchor } = await findTraces(deps)(name, id);
      const known = knownOf(name, { upload, anchor });
      if (!known) return unknownAnchor(id);
      if (!isUpload(known)) return verifyAgain(deps, known, upload);
      if (anchor && anchor.tenant !== name) return ownedByOther(id);
      const proved = await prove(deps, known, proofs);
      if (!proved.ok) return proved;
      const misfit = misfitOf(deps, known, anchorRules);
      if (misfit) return misfit;
      held.assertHeld();
      return enrolAnchor(deps, known, anchor, {
        proof: 'VERIFICATION_CERTIFICATE',
        privateCaArn: null,
        verificationCertificate: proved.value,
        actor,
      });
    });
