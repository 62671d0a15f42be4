// A REST-JSON API as the SDK's own schemas describe it, so that the wire cannot drift from what clients send and expect.

import { NormalizedSchema } from '@smithy/core/schema';

/** The SDK's schemas are tuples; the first element says of what. */
type OperationSchema = typeof import('@aws-sdk/client-iot').CreateThing$;
type ErrorSchema = typeof import('@aws-sdk/client-iot').ThrottlingException$;
const STRUCTURE = 3;
const OPERATION = 9;
const ERROR = -3;

export type OperationModel = {
  readonly name: string;
  readonly method: string;
  /** path template in segments: a literal, or a label in braces */
  readonly segments: readonly string[];
  readonly status: number;
  readonly input: NormalizedSchema;
  readonly required: ReadonlySet<string>;
  readonly output: NormalizedSchema;
};

export type ApiModel = {
  readonly operations: readonly OperationModel[];
  /** HTTP status of each error */
  readonly errorStatus: ReadonlyMap<string, number>;
};

const isSchema = <Schema>(value: unknown, id: number): value is Schema => Array.isArray(value) && value[0] === id;

const requiredMembers = (input: NormalizedSchema): ReadonlySet<string> => {
  const schema = input.getSchema();
  if (!Array.isArray(schema) || schema[0] !== STRUCTURE) return new Set();
  const [, , , , members, , requiredCount] = schema;
  return new Set(members.slice(0, requiredCount ?? 0));
};

const operationOf = ([, , name, traits, inputRef, outputRef]: OperationSchema): OperationModel => {
  const http = typeof traits === 'object' ? traits.http : undefined;
  if (http === undefined) throw new Error(`operation ${name} of the SDK has no HTTP binding`);
  const [method, path, status] = http;
  const input = NormalizedSchema.of(inputRef);
  const output = NormalizedSchema.of(outputRef);
  return { name, method, segments: path.split('/').slice(1), status, input, required: requiredMembers(input), output };
};

const UNKNOWN_STATUS = 500;

/** @param client the SDK's package of the API, whole */
export const apiModelOf = (client: Readonly<Record<string, unknown>>): ApiModel => ({
  operations: Object.values(client)
    .filter((value) => isSchema<OperationSchema>(value, OPERATION))
    .map(operationOf),
  errorStatus: new Map(
    Object.values(client)
      .filter((value) => isSchema<ErrorSchema>(value, ERROR))
      .map(([, , name, traits]): [string, number] => {
        const status = typeof traits === 'object' ? traits['httpError'] : undefined;
        return [name, typeof status === 'number' ? status : UNKNOWN_STATUS];
      }),
  ),
});
