// What the management API and the command line show of an explained permission.

import type { Explanation } from '#domain/explain-permission.ts';
import type { ExplanationView } from './ops-api.ts';

/**
 * @param policyOf name of a policy by its number from 0
 * @param pending why IoT Core may answer otherwise for a while
 */
export const explanationView = (
  { statement, source, ...answer }: Explanation,
  policyOf: (document: number) => string,
  pending: string | null,
): ExplanationView => ({
  ...answer,
  statement: statement && {
    policy: policyOf(statement.document),
    effect: statement.effect,
    action: statement.action,
    resource: statement.resource,
  },
  source: source && { ...source },
  pending,
});
