// ListAttachedPolicies: of a thing group, with those of its parents when asked.

import type { ListAttachedPoliciesRequest, ListAttachedPoliciesResponse } from '@aws-sdk/client-iot';
import { type Context, type Given, groupOf } from '../context.ts';
import { ancestorsOf } from '../group-ancestors.ts';
import { pageOf } from '../pages.ts';
import { policiesOfTarget } from '../policy-targets.ts';

const inherited = (context: Context, target: string): string[] => {
  const { type, name } = context.arns.target(target);
  return type === 'cert' ? [] : ancestorsOf(context, groupOf(context, name)).flatMap(({ policies }) => [...policies]);
};

export const listAttachedPolicies = (
  context: Context,
  input: Given<ListAttachedPoliciesRequest>,
): ListAttachedPoliciesResponse => {
  const { policies } = policiesOfTarget(context, input.target);
  const all = new Set([...policies, ...(input.recursive === true ? inherited(context, input.target) : [])]);
  const page = pageOf(all, (name) => name, { size: input.pageSize, token: input.marker });
  return {
    policies: page.items.map((name) => ({ policyName: name, policyArn: context.arns.of('policy', name) })),
    nextMarker: page.next,
  };
};
