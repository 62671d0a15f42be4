// ListThings, by attribute when asked.

import type { ListThingsRequest, ListThingsResponse } from '@aws-sdk/client-iot';
import { refuseParameters } from '../../rest-json/errors.ts';
import type { Thing } from '../../state.ts';
import type { Context, Given } from '../context.ts';
import { pageOf } from '../pages.ts';

const hasAttribute = ({ attributes }: Thing, input: Given<ListThingsRequest>): boolean => {
  if (input.attributeName === undefined) return true;
  const value = attributes[input.attributeName];
  const wanted = input.attributeValue;
  if (value === undefined || wanted === undefined) return value !== undefined;
  return input.usePrefixAttributeValue === true ? value.startsWith(wanted) : value === wanted;
};

export const listThings = ({ state, arns }: Context, input: Given<ListThingsRequest>): ListThingsResponse => {
  refuseParameters(input, ['thingTypeName']);
  const things = [...state.things.values()].filter((thing) => hasAttribute(thing, input));
  const page = pageOf(things, ({ name }) => name, { size: input.maxResults, token: input.nextToken });
  return {
    things: page.items.map(({ name, attributes, version }) => ({
      thingName: name,
      thingArn: arns.of('thing', name),
      attributes,
      version,
    })),
    nextToken: page.next,
  };
};
