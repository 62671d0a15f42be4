// Evaluates AWS IoT Core policies as the broker does: explicit deny first, default deny, what is unknown refuses.

import {
  type Condition,
  ONE,
  type Pattern,
  type PolicyDocument,
  RUN,
  type Statement,
  type Token,
} from './iot-policy-document.ts';

export type PolicyRequest = {
  /** `iot:Connect` */
  readonly action: string;
  /** ARN of the client, topic or topic filter */
  readonly resource: string;
};

/** Values of condition keys and variables, by lower-cased name; make it with `policyContext`. */
export type PolicyContext = ReadonlyMap<string, readonly string[]>;

export type Authorization = {
  readonly allowed: boolean;
  /** the statement that decided, and which of its resources matched first, counted from 0; null when none applies */
  readonly because: {
    readonly effect: 'Allow' | 'Deny';
    readonly document: number;
    readonly statement: number;
    readonly resource: number;
    readonly sid: string | null;
  } | null;
};

/** @param values by name in any case; null leaves a key out, as for a thing variable of a client that is no thing */
export const policyContext = (values: Readonly<Record<string, string | readonly string[] | null>>): PolicyContext => {
  const context = new Map<string, readonly string[]>();
  for (const [name, value] of Object.entries(values))
    if (value !== null) context.set(name.toLowerCase(), typeof value === 'string' ? [value] : value);
  return context;
};

const UNSUBSTITUTABLE = /[*$+?#]/;
const SUBSTITUTABLE_LENGTH = 1_024;

/**
 * The pattern with its variables replaced by literal characters. Null when one cannot be: it is missing, has several
 * values, is longer than 1,024 characters or has one of `* $ + ? #`. AWS then leaves the text `${…}` in the policy,
 * which no client id or topic equals (AWS IoT guide, Using certificate policy variables; the guide says so of
 * certificate attributes, here it holds for every variable).
 */
const substituted = (pattern: Pattern, context: PolicyContext): readonly Token[] | null => {
  const tokens: Token[] = [];
  for (const piece of pattern) {
    if (typeof piece !== 'object') {
      tokens.push(piece);
      continue;
    }
    const [value, ...more] = context.get(piece.variable) ?? [];
    if (value === undefined || more.length > 0) return null;
    if (UNSUBSTITUTABLE.test(value) || value.length > SUBSTITUTABLE_LENGTH) return null;
    tokens.push(...value);
  }
  return tokens;
};

/** Goes back to the last `*` only, so that no pattern costs more than its length times that of the text. */
const matchTokens = (tokens: readonly Token[], text: readonly string[]): boolean => {
  let token = 0;
  let at = 0;
  let retry: { readonly token: number; readonly at: number } | null = null;
  while (at < text.length) {
    const expected = tokens[token];
    if (expected === RUN) {
      token += 1;
      retry = { token, at };
    } else if (expected === ONE || expected === text[at]) {
      token += 1;
      at += 1;
    } else if (retry) {
      retry = { token: retry.token, at: retry.at + 1 };
      ({ token, at } = retry);
    } else {
      return false;
    }
  }
  return tokens.slice(token).every((rest) => rest === RUN);
};

const matches = (pattern: Pattern, text: string, context: PolicyContext): boolean => {
  const tokens = substituted(pattern, context);
  return tokens !== null && matchTokens(tokens, [...text]);
};

const holds = (condition: Condition, context: PolicyContext): boolean => {
  const values = context.get(condition.key);
  // IAM guide, Condition operators: Null asks whether the key is absent, every other operator fails when it is
  if (condition.operator === 'Null') return condition.absent === (values === undefined);
  const one = values?.length === 1 ? values[0] : undefined;
  if (condition.operator === 'Bool') return one?.toLowerCase() === condition.value;
  const fits = (value: string): boolean => condition.patterns.some((pattern) => matches(pattern, value, context));
  switch (condition.quantifier) {
    // IAM guide, Multivalued context keys: ForAllValues holds for an absent key, ForAnyValue does not
    case 'ForAllValues':
      return values?.every(fits) ?? true;
    case 'ForAnyValue':
      return values?.some(fits) ?? false;
    // without a set operator a key has one value; what several would mean is not documented, so they fail
    case null:
      return one !== undefined && fits(one);
  }
};

/** Which resource of the statement the request meets; null when the statement does not apply. */
const appliesBy = (statement: Statement, request: PolicyRequest, context: PolicyContext): number | null => {
  if (!statement.actions.some((action) => matches(action, request.action.toLowerCase(), context))) return null;
  const resource = statement.resources.findIndex((pattern) => matches(pattern, request.resource, context));
  return resource >= 0 && statement.conditions.every((condition) => holds(condition, context)) ? resource : null;
};

/**
 * One deny that applies outweighs every allow; without an allow nothing is allowed (AWS IoT guide, AWS IoT Core
 * policies).
 */
export const authorize = (
  request: PolicyRequest,
  documents: readonly PolicyDocument[],
  context: PolicyContext,
): Authorization => {
  let allow: Authorization['because'] = null;
  for (const [document, { statements }] of documents.entries()) {
    for (const [number, statement] of statements.entries()) {
      const resource = appliesBy(statement, request, context);
      if (resource === null) continue;
      const because = { effect: statement.effect, document, statement: number, resource, sid: statement.sid };
      if (statement.effect === 'Deny') return { allowed: false, because };
      allow ??= because;
    }
  }
  return { allowed: allow !== null, because: allow };
};
