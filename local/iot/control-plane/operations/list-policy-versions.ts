// ListPolicyVersions, newest first.

import type { ListPolicyVersionsRequest, ListPolicyVersionsResponse } from '@aws-sdk/client-iot';
import { type Context, type Given, policyOf } from '../context.ts';

export const listPolicyVersions = (
  context: Context,
  input: Given<ListPolicyVersionsRequest>,
): ListPolicyVersionsResponse => {
  const { versions, defaultVersionId } = policyOf(context, input.policyName);
  return {
    policyVersions: versions.toReversed().map(({ id, createdAt }) => ({
      versionId: id,
      isDefaultVersion: id === defaultVersionId,
      createDate: new Date(createdAt),
    })),
  };
};
