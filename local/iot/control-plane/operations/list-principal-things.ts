// ListPrincipalThings.

import type { ListPrincipalThingsRequest, ListPrincipalThingsResponse } from '@aws-sdk/client-iot';
import type { Context, Given } from '../context.ts';
import { listPrincipalThingsV2 } from './list-principal-things-v2.ts';

export const listPrincipalThings = (
  context: Context,
  input: Given<ListPrincipalThingsRequest>,
): ListPrincipalThingsResponse => {
  const { principalThingObjects = [], nextToken } = listPrincipalThingsV2(context, input);
  return { things: principalThingObjects.flatMap(({ thingName }) => thingName ?? []), nextToken };
};
