// Evaluates AWS IoT Core policies as the broker does: explicit deny first, default deny, what is unknown refuses. The
// pages of the AWS IoT developer guide and of the IAM user guide that say so are named at each rule by their titles.

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

/**
 * Values of condition keys and variables, by lower-cased name; make it with `policyContext`. A list is a key of several
 * values, however many it has (IAM guide, Single-valued vs. multivalued context keys).
 */
export type PolicyContext = ReadonlyMap<string, string | readonly string[]>;

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

/**
 * @param values by name in any case, because AWS ignores it (IAM guide, Policy elements: Variables and tags; Condition).
 *   Null and the empty list leave a key out, as for a thing variable of a client that is no thing.
 */
export const policyContext = (values: Readonly<Record<string, string | readonly string[] | null>>): PolicyContext => {
  const context = new Map<string, string | readonly string[]>();
  for (const [name, value] of Object.entries(values))
    if (typeof value === 'string' || (value !== null && value.length > 0)) context.set(name.toLowerCase(), value);
  return context;
};

const UNSUBSTITUTABLE = /[*$+?#]/;
const SUBSTITUTABLE_LENGTH = 1_024;

/**
 * The pattern with its variables replaced by literal text. Null when one cannot be, and the pattern then matches
 * nothing, a deny's neither:
 * - it is missing (IAM guide, Policy elements: Variables and tags), as the thing's are without a thing (AWS IoT guide,
 *   Thing policy variables) and a certificate's that has no such attribute;
 * - it has a list of values (IAM guide, Single-valued vs. multivalued context keys);
 * - it is longer than 1,024 characters or has one of `* $ + ? #`: AWS leaves the text `${…}` in the policy, which no
 *   client id or topic equals (AWS IoT guide, Using X.509 certificate policy variables: policy variable limitations).
 *   The guide says so of certificate attributes; here it holds for every variable.
 */
const substituted = (pattern: Pattern, context: PolicyContext): readonly Token[] | null => {
  const tokens: Token[] = [];
  for (const piece of pattern) {
    if (typeof piece !== 'object') {
      tokens.push(piece);
      continue;
    }
    const value = context.get(piece.variable);
    if (typeof value !== 'string' || UNSUBSTITUTABLE.test(value) || value.length > SUBSTITUTABLE_LENGTH) return null;
    tokens.push(value);
  }
  return tokens;
};

/** A character outside the basic plane is two units of a string. */
const afterCharacter = (text: string, at: number): number => at + (Number(text.codePointAt(at)) > 0xffff ? 2 : 1);

/** Where what a token stands for ends, when it begins at this place; null when it does not. */
const endOf = (token: string | typeof ONE | undefined, text: string, at: number): number | null => {
  if (token === ONE) return at < text.length ? afterCharacter(text, at) : null;
  return token !== undefined && text.startsWith(token, at) ? at + token.length : null;
};

/**
 * Whether a pattern matches the whole text, case included; only `*` and `?` are wildcards (AWS IoT guide, Using wildcard
 * characters in MQTT and AWS IoT Core policies). Goes back to the last `*` only, so that no pattern costs more than its
 * length times that of the text.
 */
const matchTokens = (tokens: readonly Token[], text: string): boolean => {
  let token = 0;
  let at = 0;
  let retry: { readonly token: number; readonly at: number } | null = null;
  while (token < tokens.length || at < text.length) {
    const expected = tokens[token];
    if (expected === RUN) {
      token += 1;
      retry = { token, at };
      continue;
    }
    const end = endOf(expected, text, at);
    if (end !== null) {
      token += 1;
      at = end;
    } else if (retry && retry.at < text.length) {
      retry = { token: retry.token, at: afterCharacter(text, retry.at) };
      ({ token, at } = retry);
    } else {
      return false;
    }
  }
  return true;
};

const matches = (pattern: Pattern, text: string, context: PolicyContext): boolean => {
  const tokens = substituted(pattern, context);
  return tokens !== null && matchTokens(tokens, text);
};

const holds = (condition: Condition, context: PolicyContext): boolean => {
  const value = context.get(condition.key);
  // IAM guide, Condition operators: Null asks whether the key is absent, every other operator fails when it is
  if (condition.operator === 'Null') return condition.absent === (value === undefined);
  if (condition.operator === 'Bool') return typeof value === 'string' && value.toLowerCase() === condition.value;
  // IAM guide, Conditions with multiple context keys or values: one of the policy's values is enough
  const fits = (one: string): boolean => condition.patterns.some((pattern) => matches(pattern, one, context));
  const values = typeof value === 'string' ? [value] : value;
  switch (condition.quantifier) {
    // IAM guide, Set operators for multivalued context keys: ForAllValues holds for an absent key, ForAnyValue does not
    case 'ForAllValues':
      return values?.every(fits) ?? true;
    case 'ForAnyValue':
      return values?.some(fits) ?? false;
    // the same page asks for a set operator where a key has a list; what a list means without one is not said, so it fails
    case null:
      return typeof value === 'string' && fits(value);
  }
};

/**
 * Which resource of the statement the request meets; null when the statement does not apply: action, resource and every
 * condition have to (AWS IoT guide, AWS IoT Core policies; IAM guide, Conditions with multiple context keys or values).
 */
const metResource = (statement: Statement, request: PolicyRequest, context: PolicyContext): number | null => {
  const action = request.action.toLowerCase();
  if (!statement.actions.some((pattern) => matches(pattern, action, context))) return null;
  const resource = statement.resources.findIndex((pattern) => matches(pattern, request.resource, context));
  return resource >= 0 && statement.conditions.every((condition) => holds(condition, context)) ? resource : null;
};

/**
 * One deny that applies outweighs every allow, whatever document it stands in; without an allow nothing is allowed (AWS
 * IoT guide, AWS IoT Core policies; IAM guide, Policy evaluation logic). Documents are those of the certificate and of
 * its thing's groups and their parents.
 */
export const authorize = (
  request: PolicyRequest,
  documents: readonly PolicyDocument[],
  context: PolicyContext,
): Authorization => {
  let allow: Authorization['because'] = null;
  for (const [document, { statements }] of documents.entries()) {
    for (const [number, statement] of statements.entries()) {
      const resource = metResource(statement, request, context);
      if (resource === null) continue;
      const because = { effect: statement.effect, document, statement: number, resource, sid: statement.sid };
      if (statement.effect === 'Deny') return { allowed: false, because };
      allow ??= because;
    }
  }
  return { allowed: allow !== null, because: allow };
};
