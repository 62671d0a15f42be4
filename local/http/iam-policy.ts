// Evaluates identity-based IAM policies on action and resource: what decides who may call which route.
// (IAM User Guide, "Policy evaluation logic"; `*` matches any characters, `/` among them)

export type IamStatement = {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
};

const matches = (pattern: string, value: string): boolean => {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(value);
};

/** Actions ignore case, resources do not. */
const applies = (statement: IamStatement, action: string, resource: string): boolean =>
  statement.Action.some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase())) &&
  statement.Resource.some((pattern) => matches(pattern, resource));

/** Is the ARN one that the pattern of a `SourceArn` condition (ArnLike) names? */
export const isArnLike = (pattern: string, arn: string): boolean => matches(pattern, arn);

/** Allowed by one statement and denied by none. */
export const isAllowed = (statements: readonly IamStatement[], action: string, resource: string): boolean => {
  const applicable = statements.filter((statement) => applies(statement, action, resource));
  return applicable.length > 0 && applicable.every((statement) => statement.Effect === 'Allow');
};
