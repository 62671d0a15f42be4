// Reads AWS IoT Core policy documents; what is not understood is an error, because skipping it could allow too much.
// Pages are named by their titles in the AWS IoT developer guide and the IAM user guide.

import { err, ok, type Result } from './result.ts';
import { shown } from './shown.ts';

/**
 * `*`, any run of characters, `/` included; MQTT's `+` and `#` are characters like others (AWS IoT guide, Using wildcard
 * characters in MQTT and AWS IoT Core policies)
 */
export const RUN = Symbol('*');
/** `?`, any one character (same page) */
export const ONE = Symbol('?');
/** Literal text, or a wildcard. */
export type Token = string | typeof RUN | typeof ONE;
/** A variable's name is in lower case: names ignore case (IAM guide, Policy elements: Variables and tags). */
export type Pattern = readonly (Token | { readonly variable: string })[];

export type Condition =
  | { readonly operator: 'Null'; readonly key: string; readonly absent: boolean }
  | { readonly operator: 'Bool'; readonly key: string; readonly value: string }
  | {
      readonly operator: 'String';
      readonly key: string;
      readonly quantifier: 'ForAllValues' | 'ForAnyValue' | null;
      readonly patterns: readonly Pattern[];
    };

export type Statement = {
  readonly sid: string | null;
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly Pattern[];
  readonly resources: readonly Pattern[];
  readonly conditions: readonly Condition[];
};
export type PolicyDocument = { readonly statements: readonly Statement[] };

const fail = (expected: string, got: unknown): never => {
  throw new SyntaxError(`expected ${expected}, got ${got === undefined ? 'nothing' : shown(JSON.stringify(got))}`);
};

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const fieldsOf = (value: unknown, what: string, allowed: readonly string[] | null): Fields => {
  if (!isFields(value)) return fail(what, value);
  const unknown = Object.keys(value).find((key) => allowed && !allowed.includes(key));
  return unknown === undefined ? value : fail(`${what} with ${allowed?.join(', ')} only`, unknown);
};

/** One string or several, at least one. */
const textsOf = (value: unknown, what: string): readonly string[] => {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  const texts = items.filter((item) => typeof item === 'string');
  return texts.length > 0 && texts.length === items.length ? texts : fail(what, value);
};

const patternOf = (text: string, wildcards: boolean): Pattern =>
  Array.from(text.matchAll(/\$\{([^}]*)\}|\$\{|[*?$]|[^*?$]+/g), ([token, variable]) => {
    if (token === '${') return fail('} after ${', text);
    if (variable !== undefined) {
      // IAM guide, Policy elements: Variables and tags: `${*}`, `${?}` and `${$}` are the characters themselves
      if (['*', '?', '$'].includes(variable)) return variable;
      // same page: `${key, 'text'}` has a default, which no page of AWS IoT speaks of
      return variable.includes("'") ? fail('a variable without a default', text) : { variable: variable.toLowerCase() };
    }
    if (!wildcards) return token;
    return token === '*' ? RUN : token === '?' ? ONE : token;
  });

/** IAM guide, JSON policy elements: Action: prefix and name ignore case, and the name may have wildcards */
const actionOf = (text: string): Pattern =>
  /^(\*|[a-z0-9-]+:[a-z*?]+)$/i.test(text)
    ? patternOf(text.toLowerCase(), true)
    : fail('an action such as iot:Publish', text);

const truthOf = (value: unknown): 'true' | 'false' => {
  const text = String(value).toLowerCase();
  return text === 'true' || text === 'false' ? text : fail('"true" or "false"', value);
};

/**
 * IAM guide, Condition operators: Null, Bool, and the strings that are compared exactly, wildcards only with Like; names
 * of keys ignore case. Negated operators and `…IfExists` hold for an absent key and are not understood.
 */
const conditionOf = (operator: string, name: string, value: unknown): Condition => {
  const key = name.toLowerCase();
  if (operator === 'Null') return { operator, key, absent: truthOf(value) === 'true' };
  if (operator === 'Bool') return { operator, key, value: truthOf(value) };
  const [, quantifier, like] = /^(?:(ForAllValues|ForAnyValue):)?String(Equals|Like)$/.exec(operator) ?? [];
  if (like === undefined)
    return fail(
      'the condition operator Null, Bool, StringEquals or StringLike (ForAllValues:, ForAnyValue:)',
      operator,
    );
  return {
    operator: 'String',
    key,
    quantifier: quantifier === 'ForAllValues' || quantifier === 'ForAnyValue' ? quantifier : null,
    patterns: textsOf(value, `strings for ${name}`).map((text) => patternOf(text, like === 'Like')),
  };
};

const conditionsOf = (value: unknown): readonly Condition[] =>
  Object.entries(fieldsOf(value, 'a Condition', null)).flatMap(([operator, keys]) =>
    Object.entries(fieldsOf(keys, `keys under ${operator}`, null)).map(([key, values]) =>
      conditionOf(operator, key, values),
    ),
  );

const STATEMENT_FIELDS = ['Sid', 'Effect', 'Action', 'Resource', 'Condition'];

const statementOf = (value: unknown): Statement => {
  const fields = fieldsOf(value, 'a statement', STATEMENT_FIELDS);
  const { Sid: sid = null, Effect: effect } = fields;
  if (effect !== 'Allow' && effect !== 'Deny') return fail('Effect Allow or Deny', effect);
  if (sid !== null && typeof sid !== 'string') return fail('a Sid of text', sid);
  return {
    sid,
    effect,
    actions: textsOf(fields['Action'], 'an Action').map(actionOf),
    resources: textsOf(fields['Resource'], 'a Resource').map((text) => patternOf(text, true)),
    conditions: conditionsOf(fields['Condition'] ?? {}),
  };
};

/** @returns the document, or a sentence that says what was expected and what came */
export const parsePolicy = (text: string): Result<PolicyDocument, string> => {
  try {
    const document = fieldsOf(JSON.parse(text), 'a policy', ['Version', 'Id', 'Statement']);
    // in the older language version `${…}` is no variable but text
    if (document['Version'] !== '2012-10-17') return fail('Version 2012-10-17', document['Version']);
    const statement = document['Statement'];
    const statements: readonly unknown[] = Array.isArray(statement) ? statement : [statement];
    return statements.length > 0 ? ok({ statements: statements.map(statementOf) }) : fail('a Statement', statement);
  } catch (error) {
    // whatever went wrong, JSON.parse included: the policy was not understood
    return err(String(error).replace(/^\w*Error: /, ''));
  }
};
