// Makes the resources of the stacks in the order of their dependencies, as CloudFormation does.

import * as v from 'valibot';
import type { Stack } from '#local/assembly/cloud-assembly.ts';
import {
  conditionHolds,
  isObject,
  type Json,
  type JsonObject,
  referencesIn,
  resolve,
  type Scope,
  TemplateError,
  textOf,
} from '#local/template/intrinsics.ts';
import type { Created, Resource } from '#local/template/resource.ts';

export type Account = { readonly partition: string; readonly region: string; readonly accountId: string };

export type DeployOptions = {
  readonly account: Account;
  /** values for parameters of a stack, in place of their defaults */
  readonly parameters: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** makes one resource; throws when it cannot */
  readonly create: (resource: Resource) => Promise<Created>;
};

/** stack → output → value */
export type Outputs = ReadonlyMap<string, ReadonlyMap<string, string>>;

const json = v.custom<JsonObject>((value) => typeof value === 'object' && value !== null && !Array.isArray(value));
const anyJson = v.custom<Json>((value) => value !== undefined);

const Declaration = v.strictObject({
  Type: v.string(),
  Properties: v.optional(json, {}),
  DependsOn: v.optional(v.union([v.string(), v.array(v.string())]), []),
  Condition: v.optional(v.string()),
  // of updates and deletion, which do not happen here
  DeletionPolicy: v.optional(v.string()),
  UpdateReplacePolicy: v.optional(v.string()),
  Metadata: v.optional(json),
});
type Declaration = v.InferOutput<typeof Declaration>;

const Template = v.strictObject({
  AWSTemplateFormatVersion: v.optional(v.string()),
  Description: v.optional(v.string()),
  Metadata: v.optional(json),
  Parameters: v.optional(v.record(v.string(), v.looseObject({ Type: v.string(), Default: v.optional(anyJson) })), {}),
  Mappings: v.optional(json, {}),
  Conditions: v.optional(json, {}),
  // CheckBootstrapVersion asks whether an account was bootstrapped for the CDK; there is no account
  Rules: v.optional(v.strictObject({ CheckBootstrapVersion: v.unknown() })),
  Resources: v.record(v.string(), Declaration),
  Outputs: v.optional(
    v.record(
      v.string(),
      v.looseObject({
        Value: anyJson,
        Condition: v.optional(v.string()),
        Export: v.optional(v.strictObject({ Name: anyJson })),
      }),
    ),
    {},
  ),
});
type Template = v.InferOutput<typeof Template>;

const parseTemplate = ({ name, template }: Stack): Template => {
  const parsed = v.safeParse(Template, template);
  if (parsed.success) return parsed.output;
  throw new TemplateError(`the template of ${name} has parts that are not known here:\n${v.summarize(parsed.issues)}`);
};

const parameterValues = (
  stack: Stack,
  template: Template,
  { account, parameters }: DeployOptions,
): ReadonlyMap<string, Json> => {
  const values = new Map<string, Json>([
    ['AWS::AccountId', account.accountId],
    ['AWS::NotificationARNs', []],
    ['AWS::Partition', account.partition],
    ['AWS::Region', account.region],
    [
      'AWS::StackId',
      `arn:${account.partition}:cloudformation:${account.region}:${account.accountId}:stack/${stack.name}/local`,
    ],
    ['AWS::StackName', stack.name],
    ['AWS::URLSuffix', 'amazonaws.com'],
  ]);
  const given = parameters[stack.name] ?? {};
  for (const name of Object.keys(given)) {
    if (!(name in template.Parameters)) throw new TemplateError(`${stack.name} has no parameter ${name}`);
  }
  for (const [name, { Type: type, Default: fallback }] of Object.entries(template.Parameters)) {
    const value = given[name] ?? fallback;
    // a value that is kept in Systems Manager is unknown here, and an error where it is used
    if (type.startsWith('AWS::SSM::')) continue;
    if (value === undefined) throw new TemplateError(`${stack.name}: parameter ${name} needs a value`);
    const isList = type === 'CommaDelimitedList' || type.startsWith('List<');
    values.set(name, isList ? textOf(value, name).split(',') : textOf(value, name));
  }
  return values;
};

/** @throws TemplateError when resources depend on each other in a circle, or on something that is not there */
const inDependencyOrder = (stack: Stack, template: Template): ReadonlyMap<string, Declaration> => {
  const declarations = template.Resources;
  const ordered = new Map<string, Declaration>();
  const path: string[] = [];
  const dependenciesOf = ({ Properties, DependsOn }: Declaration): readonly string[] => [
    ...[DependsOn].flat(),
    ...referencesIn(Properties).filter((name) => !(name.startsWith('AWS::') || name in template.Parameters)),
  ];
  const visit = (logicalId: string): void => {
    if (ordered.has(logicalId)) return;
    const declaration = declarations[logicalId];
    if (declaration === undefined) {
      throw new TemplateError(
        `${stack.name}: ${path.at(-1) ?? 'the template'} refers to ${logicalId}, which is nowhere`,
      );
    }
    if (path.includes(logicalId)) {
      throw new TemplateError(`${stack.name}: circular dependency ${[...path, logicalId].join(' → ')}`);
    }
    path.push(logicalId);
    for (const dependency of dependenciesOf(declaration)) visit(dependency);
    path.pop();
    ordered.set(logicalId, declaration);
  };
  for (const logicalId of Object.keys(declarations)) visit(logicalId);
  return ordered;
};

/** What the stacks that stand already give to the next one. */
type Deployed = {
  readonly outputs: Map<string, ReadonlyMap<string, string>>;
  readonly exports: Map<string, Json>;
};

const found = <T>(value: T | undefined, missing: string): T => {
  if (value === undefined) throw new TemplateError(missing);
  return value;
};

const scopeOf = (
  stack: Stack,
  template: Template,
  created: ReadonlyMap<string, Created>,
  { outputs, exports }: Deployed,
  options: DeployOptions,
): Scope => {
  const resource = (logicalId: string) => found(created.get(logicalId), `${logicalId} does not exist`);
  return {
    parameters: parameterValues(stack, template, options),
    mappings: template.Mappings,
    conditions: template.Conditions,
    ref: (logicalId) => resource(logicalId).ref,
    attribute: (logicalId, attribute) =>
      found(
        resource(logicalId).attributes?.[attribute],
        `${logicalId} (${template.Resources[logicalId]?.Type}) has no attribute ${attribute} here`,
      ),
    importValue: (name) => found(exports.get(name), `no stack exports ${name}`),
    stackOutput: (name, output) =>
      found(outputs.get(name)?.get(output), `there is no output ${output} of a stack ${name}`),
  };
};

const isWanted = ({ Condition }: { readonly Condition?: string | undefined }, scope: Scope): boolean =>
  Condition === undefined || conditionHolds(Condition, scope);

const deployStack = async (stack: Stack, deployed: Deployed, options: DeployOptions): Promise<void> => {
  const template = parseTemplate(stack);
  const created = new Map<string, Created>();
  const scope = scopeOf(stack, template, created, deployed, options);

  for (const [logicalId, declaration] of inDependencyOrder(stack, template)) {
    if (!isWanted(declaration, scope)) continue;
    const { Type: type } = declaration;
    try {
      const properties = resolve(declaration.Properties, scope);
      if (!isObject(properties)) throw new TemplateError('properties are not an object');
      created.set(logicalId, await options.create({ stack: stack.name, logicalId, type, properties }));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new TemplateError(`${stack.name}/${logicalId} (${type}): ${reason}`, { cause: error });
    }
  }

  const outputs = Object.entries(template.Outputs).filter(([, output]) => isWanted(output, scope));
  for (const [, { Value, Export }] of outputs) {
    if (Export !== undefined)
      deployed.exports.set(textOf(resolve(Export.Name, scope), 'Export'), resolve(Value, scope));
  }
  const values = outputs.map(([name, { Value }]) => [name, textOf(resolve(Value, scope), name)] as const);
  deployed.outputs.set(stack.name, new Map(values));
};

/**
 * @returns the outputs of every stack
 * @throws TemplateError naming the resource that could not be made, and why
 */
export const deploy = async (stacks: readonly Stack[], options: DeployOptions): Promise<Outputs> => {
  const deployed: Deployed = { outputs: new Map(), exports: new Map() };
  for (const stack of stacks) await deployStack(stack, deployed, options);
  return deployed.outputs;
};
