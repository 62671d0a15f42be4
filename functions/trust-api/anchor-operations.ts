// Operations of the management API on CA certificates: each route's use case between its request and its view.

import type { Params } from '#contracts/api-shapes.ts';
import type { TRUST_ROUTES } from '#contracts/trust-api.ts';
import { anchorView } from '#contracts/trust-views.ts';
import { type AnchorAct, isUpload, type KnownAnchor } from '#domain/anchor-acts.ts';
import { anchorId, tenantName } from '#domain/ids.ts';
import { ok } from '#domain/result.ts';
import { pageOf } from '#runtime/api-pages.ts';
import type { Operations } from '#runtime/http-handler.ts';
import { type ChallengeAnchorDeps, challengeAnchor } from '#usecases/challenge-anchor.ts';
import { type ChangeAnchorDeps, changeAnchor } from '#usecases/change-anchor.ts';
import { listAnchors, showAnchor } from '#usecases/known-anchors.ts';
import type { Outcome } from '#usecases/refusal.ts';
import { type RegisterAnchorDeps, registerAnchor } from '#usecases/register-anchor.ts';
import { type UploadAnchorDeps, uploadAnchor } from '#usecases/upload-anchor.ts';
import { type VerifyAnchorDeps, verifyAnchor } from '#usecases/verify-anchor.ts';

export type AnchorOperationsDeps = UploadAnchorDeps &
  ChallengeAnchorDeps &
  VerifyAnchorDeps &
  RegisterAnchorDeps &
  ChangeAnchorDeps;

type AnchorPath = Params<typeof TRUST_ROUTES, 'revokeAnchor'>;
type AnchorRoute =
  | 'registerAnchor'
  | 'uploadAnchor'
  | 'challengeAnchor'
  | 'verifyAnchor'
  | 'listAnchors'
  | 'showAnchor'
  | 'revokeAnchor'
  | 'restoreAnchor'
  | 'deleteAnchor';

export const anchorOperations = (deps: AnchorOperationsDeps): Pick<Operations<typeof TRUST_ROUTES>, AnchorRoute> => {
  const { gateway, clock } = deps;

  /** One code for all, which IoT Core is asked for where an upload needs it. */
  const viewOf = async (known: readonly KnownAnchor[]) => {
    const asksForCode = known.some((each) => isUpload(each) && each.certificateMode === 'DEFAULT');
    const code = asksForCode ? await gateway.registrationCode() : null;
    const now = clock();
    return (each: KnownAnchor) => anchorView(each, each.certificateMode === 'DEFAULT' ? code : null, now);
  };
  const viewed = async (outcome: Outcome<KnownAnchor>) => {
    if (!outcome.ok) return outcome;
    const view = await viewOf([outcome.value]);
    return ok(view(outcome.value));
  };
  const changed =
    (act: AnchorAct) =>
    async ({ params, actor }: { readonly params: AnchorPath; readonly actor: string }) =>
      viewed(await changeAnchor(deps)(act, tenantName(params.tenant), anchorId(params.anchor), actor));

  return {
    registerAnchor: async ({ params, body, actor }) =>
      viewed(await registerAnchor(deps)(tenantName(params.tenant), body, actor)),
    uploadAnchor: async ({ params, body, actor }) =>
      viewed(await uploadAnchor(deps)(tenantName(params.tenant), body, actor)),
    challengeAnchor: async ({ params }) =>
      viewed(await challengeAnchor(deps)(tenantName(params.tenant), anchorId(params.anchor))),
    verifyAnchor: async ({ params, body, actor }) =>
      viewed(await verifyAnchor(deps)(tenantName(params.tenant), anchorId(params.anchor), body, actor)),
    listAnchors: async ({ params, query }) => {
      const page = await listAnchors(deps)(tenantName(params.tenant), pageOf(query));
      if (!page.ok) return page;
      const { items, cursor } = page.value;
      return ok({ anchors: items.map(await viewOf(items)), cursor });
    },
    showAnchor: async ({ params }) =>
      viewed(await showAnchor(deps)(tenantName(params.tenant), anchorId(params.anchor))),
    revokeAnchor: changed('revoke'),
    restoreAnchor: changed('restore'),
    deleteAnchor: changed('delete'),
  };
};
