// ListTagsForResource, of CA certificates: nothing else bears tags here.

import type { ListTagsForResourceRequest, ListTagsForResourceResponse } from '@aws-sdk/client-iot';
import { type Context, caOf, type Given } from '../context.ts';

/** All in one page: a resource has 50 tags at most (AWS IoT guide, Tagging your AWS IoT resources). */
export const listTagsForResource = (
  context: Context,
  input: Given<ListTagsForResourceRequest>,
): ListTagsForResourceResponse => {
  const { tags } = caOf(context, context.arns.nameIn(input.resourceArn, 'cacert'));
  return { tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
};
