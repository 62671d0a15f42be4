// ListThingPrincipalsV2: the only list, with its twin, that shows how a principal is attached.

import type { ListThingPrincipalsV2Request, ListThingPrincipalsV2Response } from '@aws-sdk/client-iot';
import { type Context, type Given, thingOf } from '../context.ts';
import { pageOf } from '../pages.ts';

export const listThingPrincipalsV2 = (
  context: Context,
  input: Given<ListThingPrincipalsV2Request>,
): ListThingPrincipalsV2Response => {
  const thing = thingOf(context, input.thingName);
  const attachments = [...context.state.certificates.values()].flatMap(({ id, things }) => {
    const thingPrincipalType = things.get(thing.name);
    const isWanted = input.thingPrincipalType === undefined || input.thingPrincipalType === thingPrincipalType;
    return thingPrincipalType !== undefined && isWanted
      ? [{ principal: context.arns.of('cert', id), thingPrincipalType }]
      : [];
  });
  const page = pageOf(attachments, ({ principal }) => principal, { size: input.maxResults, token: input.nextToken });
  return { thingPrincipalObjects: page.items, nextToken: page.next };
};
