// Which topics the roles of a tenant may name. Topics belong to the whole account, so an operator shares them out.

import type { TenantName } from './ids.ts';
import type { PlusMode } from './permission.ts';
import type { Granted } from './permission-compiler.ts';
import type { Tenant } from './tenant.ts';
import { covers, levelsIn, type TopicPattern, topicPattern } from './topic-pattern.ts';

const patternIn = (tenant: TenantName, resource: string): TopicPattern => levelsIn(tenant, topicPattern(resource));

/** All that a policy may let through: a widened `+` stands for several levels, and what follows it for any of them. */
const reach = (pattern: TopicPattern, plusMode: PlusMode): TopicPattern => {
  const plus = plusMode === 'widen' ? pattern.indexOf('+') : -1;
  return plus < 0 ? pattern : [...pattern.slice(0, plus + 1), '#'];
};

/** The first that does not lie within one of the tenant's topics as a whole; null when all do. `http` names no topic. */
export const firstOutside = (
  { name, topics }: Pick<Tenant, 'name' | 'topics'>,
  granted: readonly Granted[],
): Granted | null => {
  if (topics === null) return null;
  const own = topics.map((topic) => patternIn(name, topic));
  const isOutside = ({ permission, plusMode }: Granted): boolean => {
    const reached = reach(patternIn(name, permission.resource), plusMode);
    return permission.context === 'mqtt' && !own.some((pattern) => covers(pattern, reached));
  };
  return granted.find(isOutside) ?? null;
};
