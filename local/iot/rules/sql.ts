// The SQL of topic rules, as much of it as is emulated: what is not is an error when the rule is made, never skipped.

import { topicFilterProblem } from '../topic-filter.ts';

export type Comparison = '=' | '<>' | '!=' | '<' | '<=' | '>' | '>=';

export type Expression =
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
  | { readonly kind: 'path'; readonly path: readonly string[] }
  | { readonly kind: 'call'; readonly name: FunctionName; readonly argument: number | null }
  | { readonly kind: 'compare'; readonly operator: Comparison; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'not'; readonly operand: Expression };

export type Query = {
  /** `*` is among what is selected */
  readonly all: boolean;
  readonly fields: readonly { readonly name: string; readonly expression: Expression }[];
  readonly filter: string;
  readonly where: Expression | null;
};

const FUNCTIONS = ['accountid', 'clientid', 'newuuid', 'principal', 'timestamp', 'topic'] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

export class SqlError extends Error {}

type Token = { readonly kind: 'word' | 'name' | 'string' | 'number' | 'symbol'; readonly text: string };

const TOKEN =
  /\s+|(?<word>[A-Za-z_]\w*)|"(?<name>[^"]+)"|'(?<string>(?:[^']|'')*)'|(?<number>-?\d+(?:\.\d+)?)|(?<symbol><>|!=|<=|>=|[*,().=<>])/y;
const TOKEN_KINDS = ['word', 'name', 'string', 'number', 'symbol'] as const;

const tokenize = (sql: string): Token[] => {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < sql.length) {
    const at = TOKEN.lastIndex;
    const groups = TOKEN.exec(sql)?.groups;
    if (groups === undefined) throw new SqlError(`cannot read the SQL from "${sql.slice(at, at + 20)}" on`);
    for (const kind of TOKEN_KINDS) {
      const text = groups[kind];
      if (text !== undefined) tokens.push({ kind, text: kind === 'string' ? text.replaceAll("''", "'") : text });
    }
  }
  return tokens;
};

/** Walks over the tokens. Keywords are words in any case; a name in double quotes is never a keyword. */
const createReader = (tokens: readonly Token[]) => {
  let position = 0;
  const peek = () => tokens[position];
  const isNext = (text: string): boolean => {
    const token = peek();
    return token?.kind === 'word' ? token.text.toUpperCase() === text : token?.kind === 'symbol' && token.text === text;
  };
  const take = (...texts: string[]): string | null => {
    const text = texts.find(isNext);
    if (text === undefined) return null;
    position += 1;
    return text;
  };
  const unexpected = (expected: string): SqlError =>
    new SqlError(`expected ${expected}, got ${peek()?.text ?? 'the end'} (token ${position + 1})`);
  return {
    take,
    unexpected,
    expect: (text: string): void => {
      if (take(text) === null) throw unexpected(text);
    },
    takeKind: (...kinds: Token['kind'][]): Token | null => {
      const token = peek();
      if (token === undefined || !kinds.includes(token.kind)) return null;
      position += 1;
      return token;
    },
  };
};
type Reader = ReturnType<typeof createReader>;

const RESERVED = ['SELECT', 'FROM', 'WHERE', 'AS', 'AND', 'OR', 'NOT', 'IN', 'CASE', 'EXISTS', 'LIKE', 'VALUE'];

const isFunction = (name: string): name is FunctionName => FUNCTIONS.some((known) => known === name);

const parseCall = (reader: Reader, word: string): Expression => {
  const name = word.toLowerCase();
  if (!isFunction(name)) throw new SqlError(`function ${word}() is not emulated; these are: ${FUNCTIONS.join(', ')}`);
  const argument = name === 'topic' ? reader.takeKind('number') : null;
  reader.expect(')');
  if (argument !== null && !/^[1-9]\d*$/.test(argument.text))
    throw new SqlError(`topic() counts levels from 1, got ${argument.text}`);
  return { kind: 'call', name, argument: argument === null ? null : Number(argument.text) };
};

const parsePath = (reader: Reader, first: string): Expression => {
  const path = [first];
  while (reader.take('.') !== null) {
    const token = reader.takeKind('word', 'name');
    if (token === null) throw reader.unexpected('a field name');
    path.push(token.text);
  }
  return { kind: 'path', path };
};

const CONSTANTS: Readonly<Record<string, boolean | null>> = { TRUE: true, FALSE: false, NULL: null };

const parseOperand = (reader: Reader): Expression => {
  if (reader.take('(') !== null) {
    const inner = parseOr(reader);
    reader.expect(')');
    return inner;
  }
  const constant = reader.take(...Object.keys(CONSTANTS));
  if (constant !== null) return { kind: 'literal', value: CONSTANTS[constant] ?? null };
  const token = reader.takeKind('string', 'number', 'name', 'word');
  if (token === null) throw reader.unexpected('a value');
  if (token.kind === 'string') return { kind: 'literal', value: token.text };
  if (token.kind === 'number') return { kind: 'literal', value: Number(token.text) };
  if (token.kind === 'name') return parsePath(reader, token.text);
  if (RESERVED.includes(token.text.toUpperCase())) throw new SqlError(`expected a value, got ${token.text}`);
  return reader.take('(') === null ? parsePath(reader, token.text) : parseCall(reader, token.text);
};

const COMPARISONS: readonly Comparison[] = ['<>', '!=', '<=', '>=', '=', '<', '>'];

const parseComparison = (reader: Reader): Expression => {
  const left = parseOperand(reader);
  const taken = reader.take(...COMPARISONS);
  const operator = COMPARISONS.find((known) => known === taken);
  return operator === undefined ? left : { kind: 'compare', operator, left, right: parseOperand(reader) };
};

const parseNot = (reader: Reader): Expression =>
  reader.take('NOT') === null ? parseComparison(reader) : { kind: 'not', operand: parseNot(reader) };

const parseAnd = (reader: Reader): Expression => {
  let left = parseNot(reader);
  while (reader.take('AND') !== null) left = { kind: 'and', left, right: parseNot(reader) };
  return left;
};

const parseOr = (reader: Reader): Expression => {
  let left = parseAnd(reader);
  while (reader.take('OR') !== null) left = { kind: 'or', left, right: parseAnd(reader) };
  return left;
};

const parseField = (reader: Reader): Query['fields'][number] => {
  const expression = parseOr(reader);
  if (reader.take('AS') !== null) {
    const alias = reader.takeKind('word', 'name');
    if (alias === null) throw reader.unexpected('a name');
    return { name: alias.text, expression };
  }
  const name = expression.kind === 'path' ? expression.path.at(-1) : undefined;
  if (name === undefined) throw reader.unexpected('AS and a name after a value that is no field');
  return { name, expression };
};

const parseFilter = (reader: Reader): string => {
  reader.expect('FROM');
  const filter = reader.takeKind('string');
  if (filter === null) throw reader.unexpected('a topic filter in single quotes');
  const problem = topicFilterProblem(filter.text);
  if (problem !== null) throw new SqlError(`'${filter.text}' is no topic filter: ${problem}`);
  return filter.text;
};

/** @throws SqlError that says where the SQL stops being a query that is emulated */
export const parseSql = (sql: string): Query => {
  const reader = createReader(tokenize(sql));
  reader.expect('SELECT');
  const fields: Query['fields'][number][] = [];
  let all = false;
  do {
    if (reader.take('*') !== null) all = true;
    else fields.push(parseField(reader));
  } while (reader.take(',') !== null);
  const filter = parseFilter(reader);
  const where = reader.take('WHERE') === null ? null : parseOr(reader);
  if (reader.takeKind(...TOKEN_KINDS) !== null) throw reader.unexpected('the end of the query');
  return { all, fields, filter, where };
};
