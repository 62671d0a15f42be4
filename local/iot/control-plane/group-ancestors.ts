// The chain of parents of a thing group: policies are inherited along it.

import type { ThingGroup } from '../state.ts';
import { type Context, groupOf } from './context.ts';

/** Nearest first, without the group itself. */
export const ancestorsOf = (context: Context, group: ThingGroup): ThingGroup[] => {
  if (group.parent === null) return [];
  const parent = groupOf(context, group.parent);
  return [parent, ...ancestorsOf(context, parent)];
};
