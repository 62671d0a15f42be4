// ListPrincipalThingsV2.

import type { ListPrincipalThingsV2Request, ListPrincipalThingsV2Response } from '@aws-sdk/client-iot';
import { type Context, type Given, principalOf } from '../context.ts';
import { pageOf } from '../pages.ts';

export const listPrincipalThingsV2 = (
  context: Context,
  input: Given<ListPrincipalThingsV2Request>,
): ListPrincipalThingsV2Response => {
  const attachments = [...principalOf(context, input.principal).things]
    .map(([thingName, thingPrincipalType]) => ({ thingName, thingPrincipalType }))
    .filter(
      ({ thingPrincipalType: type }) => input.thingPrincipalType === undefined || input.thingPrincipalType === type,
    );
  const page = pageOf(attachments, ({ thingName }) => thingName, { size: input.maxResults, token: input.nextToken });
  return { principalThingObjects: page.items, nextToken: page.next };
};
