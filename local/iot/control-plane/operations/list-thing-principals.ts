// ListThingPrincipals.

import type { ListThingPrincipalsRequest, ListThingPrincipalsResponse } from '@aws-sdk/client-iot';
import type { Context, Given } from '../context.ts';
import { listThingPrincipalsV2 } from './list-thing-principals-v2.ts';

export const listThingPrincipals = (
  context: Context,
  input: Given<ListThingPrincipalsRequest>,
): ListThingPrincipalsResponse => {
  const { thingPrincipalObjects = [], nextToken } = listThingPrincipalsV2(context, input);
  return { principals: thingPrincipalObjects.flatMap(({ principal }) => principal ?? []), nextToken };
};
