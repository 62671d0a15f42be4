// A tenant uploads a CA certificate. It vouches for nobody until possession of its key is shown (CA-02, CA-04).

import { anchorFailure, chainFailure } from '#domain/anchor-rules.ts';
import type { TenantName } from '#domain/ids.ts';
import { err, ok, type Result } from '#domain/result.ts';
import type { AnchorUpload, CertificateMode } from '#domain/trust-anchor.ts';
import type { ReadAnchor, ReadUpload } from '#ports/certificate-reader.ts';
import type { Clock } from '#ports/clock.ts';
import type { EventPublisher } from '#ports/messages.ts';
import type { AnchorPlaces, AnchorRegistry } from '#ports/trust-registry.ts';
import { obstacleTo, tooManyCas, unfitCa } from './anchor-refusals.ts';
import { type CaTraces, findTraces, isTrusted } from './known-anchors.ts';
import { type Outcome, refuse } from './refusal.ts';
import { inTurn, type TurnDeps } from './tenant-turn.ts';

/** What cannot be read in a file: see FileProblem. */
type Unread = { readonly code: string; readonly message: string };

export type ChallengeDeps = {
  /** unguessable, and short enough for a CN: 64 characters at most (X.520) */
  readonly newCode: () => string;
  readonly challengeMs: number;
  readonly clock: Clock;
};

export type UploadAnchorDeps = TurnDeps &
  ChallengeDeps & {
    readonly places: AnchorPlaces;
    readonly anchors: AnchorRegistry;
    readonly events: EventPublisher;
    readonly readUpload: (text: string) => Result<ReadUpload, Unread>;
  };

export type Upload = {
  /** PEM of the CA certificate; those that signed it may follow */
  readonly certificate: string;
  readonly certificateMode: CertificateMode;
  /** an intermediate CA is meant to vouch by itself (CA-09) */
  readonly allowIntermediate: boolean;
};

export const newChallenge = ({ newCode, challengeMs, clock }: ChallengeDeps): AnchorUpload['challenge'] => ({
  code: newCode(),
  expiresAt: clock() + challengeMs,
});

export const uploadOf = (
  deps: ChallengeDeps,
  { id, subject, pem, validFrom, validTo }: ReadAnchor,
  { tenant, certificateMode, actor }: { tenant: TenantName; certificateMode: CertificateMode; actor: string },
): AnchorUpload => ({
  id,
  tenant,
  subject,
  pem,
  validFrom,
  validTo,
  certificateMode,
  challenge: newChallenge(deps),
  uploadedAt: deps.clock(),
  uploadedBy: actor,
});

/** Consistent. */
export const hasFreePlace = async (places: AnchorPlaces, tenant: TenantName, limit: number): Promise<boolean> =>
  (await places.list(tenant, { limit, cursor: null })).items.length < limit;

const announce = (events: EventPublisher, { id, tenant, uploadedAt, uploadedBy }: AnchorUpload): Promise<void> =>
  events.publish([
    {
      type: 'ca.uploaded',
      id: `${id}.uploaded.${tenant}.${uploadedAt}`,
      at: uploadedAt,
      tenant,
      anchorId: id,
      actor: uploadedBy,
    },
  ]);

/** A repeat still announces what an earlier attempt did not. */
const refuseRepeat = async (events: EventPublisher, tenant: TenantName, id: string, { upload, anchor }: CaTraces) => {
  if (upload) await announce(events, upload);
  const instead = anchor?.state === 'REVOKED' ? ', and it is REVOKED; restore it' : '; look at it instead';
  return refuse('conflict', 'CA_EXISTS', `${tenant} has the CA certificate ${id} already${instead}`);
};

/** Repeatable until the upload stands; from then on `CA_EXISTS`. */
export const uploadAnchor =
  (deps: UploadAnchorDeps) =>
  async (
    name: TenantName,
    { certificate, certificateMode, allowIntermediate }: Upload,
    actor: string,
  ): Promise<Outcome<AnchorUpload>> => {
    const { places, events, readUpload, clock } = deps;
    const read = readUpload(certificate);
    if (!read.ok) return err({ kind: 'invalid', ...read.error });
    const { ca, parents } = read.value;
    return inTurn(deps, name, async ({ anchorRules, anchorLimit }, held) => {
      const now = clock();
      const unfit = anchorFailure(ca, now, anchorRules) ?? (allowIntermediate ? null : chainFailure(ca, parents, now));
      if (unfit) return unfitCa(unfit);
      const traces = await findTraces(deps)(name, ca.id);
      const { upload: standing, anchor } = traces;
      const obstacle = obstacleTo('upload', name, anchor, now);
      if (obstacle) return obstacle;
      if (standing || isTrusted(anchor)) return refuseRepeat(events, name, ca.id, traces);
      if (!(await hasFreePlace(places, name, anchorLimit))) return tooManyCas(name, anchorLimit);
      const upload = uploadOf(deps, ca, { tenant: name, certificateMode, actor });
      held.assertHeld();
      await places.put({ tenant: name, id: ca.id, upload });
      await announce(events, upload);
      return ok(upload);
    });
  };
