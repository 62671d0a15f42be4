// CloudFormation's intrinsic functions, resolved exactly: what this file does not know is an error, never passed through.
// (CloudFormation User Guide, "Intrinsic function reference")

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export type Scope = {
  /** pseudo parameters (`AWS::Region` …) and the template's own parameters, by name */
  readonly parameters: ReadonlyMap<string, Json>;
  readonly mappings: JsonObject;
  /** condition name → its unresolved expression */
  readonly conditions: JsonObject;
  /** `Ref` of a resource that exists already; throws when there is none */
  ref(logicalId: string): Json;
  /** `Fn::GetAtt` of a resource that exists already; throws when there is none */
  attribute(logicalId: string, attribute: string): Json;
  /** exported value of another stack; throws when there is none */
  importValue(name: string): Json;
  /** output of another stack of this account and Region; throws when there is none */
  stackOutput(stack: string, output: string): Json;
};

export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

/** What `AWS::NoValue` resolves to: the property or list element that holds it is left out. */
const NO_VALUE: unique symbol = Symbol('AWS::NoValue');
type Resolved = Json | typeof NO_VALUE;

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const shown = (value: Json | undefined): string =>
  value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 120);

const list = (value: Json, what: string): readonly Json[] => {
  if (!Array.isArray(value)) throw new TemplateError(`${what}: expected a list, got ${shown(value)}`);
  return value;
};

/** @throws TemplateError when the value is a list, an object or nothing */
export const textOf = (value: Json | undefined, what: string): string => {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new TemplateError(`${what}: expected text, got ${shown(value)}`);
};

/** The one key of an intrinsic such as `{"Fn::Join": …}`, null for plain data. */
const intrinsicOf = (value: JsonObject): string | null => {
  const keys = Object.keys(value);
  const intrinsic = keys.find((key) => key === 'Ref' || key.startsWith('Fn::'));
  if (intrinsic === undefined) return null;
  if (keys.length > 1) throw new TemplateError(`${intrinsic} stands beside other keys: ${keys.join(', ')}`);
  return intrinsic;
};

const getAttParts = (argument: Json): readonly [string, string] => {
  if (typeof argument === 'string') {
    const dot = argument.indexOf('.');
    if (dot > 0) return [argument.slice(0, dot), argument.slice(dot + 1)];
  } else if (Array.isArray(argument) && argument.length === 2) {
    const [id, attribute] = argument;
    if (typeof id === 'string' && typeof attribute === 'string') return [id, attribute];
  }
  throw new TemplateError(`Fn::GetAtt: expected a logical id and an attribute, got ${shown(argument)}`);
};

const subParts = (argument: Json): readonly [string, JsonObject] => {
  if (typeof argument === 'string') return [argument, {}];
  if (Array.isArray(argument) && argument.length === 2) {
    const [template, variables] = argument;
    if (typeof template === 'string' && isObject(variables)) return [template, variables];
  }
  throw new TemplateError(`Fn::Sub: expected text, or text and a map of variables, got ${shown(argument)}`);
};

/** `${Name}`, `${Logical.Attribute}`, and `${!Literal}`, which stays as `${Literal}`. */
const SUB_VARIABLE = /\$\{(!?)([^}]*)\}/g;

const refValue = (name: string, scope: Scope): Resolved => {
  if (name === 'AWS::NoValue') return NO_VALUE;
  if (scope.parameters.has(name)) return scope.parameters.get(name) ?? null;
  if (name.startsWith('AWS::')) throw new TemplateError(`unknown pseudo parameter ${name}`);
  return scope.ref(name);
};

type Intrinsic = (argument: Json, scope: Scope) => Resolved;

const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  Ref: (argument, scope) => refValue(textOf(argument, 'Ref'), scope),
  'Fn::GetAtt': (argument, scope) => scope.attribute(...getAttParts(argument)),
  'Fn::Join': (argument, scope) => {
    const [separator, parts, ...rest] = list(argument, 'Fn::Join');
    if (parts === undefined || rest.length > 0) throw new TemplateError('Fn::Join: expected a separator and a list');
    const resolved = list(resolve(parts, scope), 'Fn::Join');
    return resolved.map((part) => textOf(part, 'Fn::Join')).join(textOf(separator, 'Fn::Join'));
  },
  'Fn::Sub': (argument, scope) => {
    const [template, variables] = subParts(argument);
    return template.replace(SUB_VARIABLE, (_, literal: string, name: string) => {
      if (literal === '!') return `\${${name}}`;
      const own = variables[name];
      if (own !== undefined) return textOf(resolve(own, scope), 'Fn::Sub');
      const value = name.includes('.') ? scope.attribute(...getAttParts(name)) : refValue(name, scope);
      if (value === NO_VALUE) throw new TemplateError('Fn::Sub: AWS::NoValue has no text');
      return textOf(value, 'Fn::Sub');
    });
  },
  'Fn::Select': (argument, scope) => {
    const [index, from] = list(argument, 'Fn::Select');
    const values = list(resolve(from ?? null, scope), 'Fn::Select');
    const chosen = values[Number(textOf(resolve(index ?? null, scope), 'Fn::Select'))];
    if (chosen === undefined) throw new TemplateError(`Fn::Select: no element ${shown(index)} in ${shown(values)}`);
    return chosen;
  },
  'Fn::Split': (argument, scope) => {
    const [separator, source] = list(argument, 'Fn::Split');
    return textOf(resolve(source ?? null, scope), 'Fn::Split').split(textOf(separator, 'Fn::Split'));
  },
  'Fn::If': (argument, scope) => {
    const [condition, whenTrue, whenFalse] = list(argument, 'Fn::If');
    if (whenTrue === undefined || whenFalse === undefined) throw new TemplateError('Fn::If: expected two values');
    return resolveAny(conditionHolds(textOf(condition, 'Fn::If'), scope) ? whenTrue : whenFalse, scope);
  },
  'Fn::ImportValue': (argument, scope) => scope.importValue(textOf(resolve(argument, scope), 'Fn::ImportValue')),
  'Fn::GetStackOutput': (argument, scope) => {
    const {
      StackName: stack,
      OutputName: output,
      Region: region,
      ...rest
    } = resolve(argument, scope) as Record<string, Json>;
    if (Object.keys(rest).length > 0)
      throw new TemplateError(`Fn::GetStackOutput: unknown ${Object.keys(rest).join()}`);
    if (region !== undefined && region !== scope.parameters.get('AWS::Region')) {
      throw new TemplateError(`Fn::GetStackOutput: there is no Region ${shown(region)} here`);
    }
    return scope.stackOutput(textOf(stack, 'Fn::GetStackOutput'), textOf(output, 'Fn::GetStackOutput'));
  },
  'Fn::FindInMap': (argument, scope) => {
    const keys = list(argument, 'Fn::FindInMap').map((key) => textOf(resolve(key, scope), 'Fn::FindInMap'));
    if (keys.length !== 3) throw new TemplateError('Fn::FindInMap: expected a map and two keys');
    let found: Json | undefined = scope.mappings;
    for (const key of keys) found = isObject(found) ? found[key] : undefined;
    if (found === undefined) throw new TemplateError(`Fn::FindInMap: nothing under ${keys.join(' / ')}`);
    return found;
  },
};

const evaluateCondition = (expression: Json, scope: Scope): boolean => {
  if (!isObject(expression) || Object.keys(expression).length !== 1) {
    throw new TemplateError(`condition: expected one condition function, got ${shown(expression)}`);
  }
  const [[kind, argument]] = Object.entries(expression) as [[string, Json]];
  const parts = () => list(argument, kind).map((part) => evaluateCondition(part, scope));
  switch (kind) {
    case 'Condition':
      return conditionHolds(textOf(argument, 'Condition'), scope);
    case 'Fn::Equals': {
      const [left, right] = list(argument, kind).map((side) => resolve(side, scope));
      return textOf(left, kind) === textOf(right, kind);
    }
    case 'Fn::And':
      return parts().every(Boolean);
    case 'Fn::Or':
      return parts().some(Boolean);
    case 'Fn::Not':
      return !parts().every(Boolean);
    default:
      throw new TemplateError(`unknown condition function ${kind}`);
  }
};

/** Does the template's named condition hold? */
export const conditionHolds = (name: string, scope: Scope): boolean => {
  const expression = scope.conditions[name];
  if (expression === undefined) throw new TemplateError(`unknown condition ${name}`);
  return evaluateCondition(expression, scope);
};

const resolveAny = (value: Json, scope: Scope): Resolved => {
  if (Array.isArray(value)) {
    return value.map((element: Json) => resolveAny(element, scope)).filter((element) => element !== NO_VALUE);
  }
  if (!isObject(value)) return value;
  const intrinsic = intrinsicOf(value);
  if (intrinsic !== null) {
    const evaluate = INTRINSICS[intrinsic];
    if (evaluate === undefined) throw new TemplateError(`unknown intrinsic function ${intrinsic}`);
    return evaluate(value[intrinsic] ?? null, scope);
  }
  const resolved: Record<string, Json> = {};
  for (const [key, inner] of Object.entries(value)) {
    const result = resolveAny(inner, scope);
    if (result !== NO_VALUE) resolved[key] = result;
  }
  return resolved;
};

/** @throws TemplateError for an intrinsic, pseudo parameter, condition or reference that is not known */
export const resolve = (value: Json, scope: Scope): Json => {
  const resolved = resolveAny(value, scope);
  if (resolved === NO_VALUE) throw new TemplateError('AWS::NoValue where a value is required');
  return resolved;
};

const namesInSub = (argument: Json): readonly string[] => {
  const [template, variables] = subParts(argument);
  return [...template.matchAll(SUB_VARIABLE)]
    .filter(([, literal, name = '']) => literal === '' && !(name in variables))
    .map(([, , name = '']) => name.split('.')[0] ?? name);
};

/** Every name that a value refers to by Ref, Fn::GetAtt or Fn::Sub, in all branches of Fn::If, as CloudFormation does. */
export const referencesIn = (value: Json): readonly string[] => {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (!isObject(value)) return [];
  const intrinsic = intrinsicOf(value);
  const argument = value[intrinsic ?? ''] ?? null;
  if (intrinsic === 'Ref') return [textOf(argument, 'Ref')];
  if (intrinsic === 'Fn::GetAtt') return [getAttParts(argument)[0]];
  const inside = Object.values(value).flatMap(referencesIn);
  return intrinsic === 'Fn::Sub' ? [...namesInSub(argument), ...inside] : inside;
};
