// A resource of a template on its way to being made: its resolved properties, its name, what others may ask of it.

import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { type JsonObject, TemplateError } from '#local/template/intrinsics.ts';

export type Resource = {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  readonly properties: JsonObject;
};

/** What `Ref` gives, and what `Fn::GetAtt` gives by attribute. */
export type Created = { readonly ref: string; readonly attributes?: Readonly<Record<string, string>> };

/**
 * The same each time for one resource, so that a table or queue of an earlier run is found again.
 * CloudFormation ends such names with twelve random characters.
 */
export const physicalName = ({ stack, logicalId }: Resource, maxLength: number): string => {
  const suffix = createHash('sha256').update(`${stack}/${logicalId}`).digest('hex').slice(0, 12);
  return `${`${stack}-${logicalId}`.slice(0, maxLength - suffix.length - 1)}-${suffix}`;
};

/**
 * Reads the properties by a schema that names every one of them: those that take effect here with their shape, those
 * that mean nothing on one machine as `v.unknown()`.
 * @throws TemplateError for a property that the schema does not name, so that none is skipped in silence
 */
export const propertiesOf = <Schema extends v.GenericSchema>(
  { properties }: Resource,
  schema: Schema,
): v.InferOutput<Schema> => {
  const parsed = v.safeParse(schema, properties);
  if (parsed.success) return parsed.output;
  throw new TemplateError(`properties that cannot be honoured here:\n${v.summarize(parsed.issues)}`);
};

/** A property whose effect cannot be seen on one machine. */
export const withoutEffect = v.optional(v.unknown());
/** CloudFormation takes numbers and booleans as text too. */
export const integer = v.pipe(v.union([v.number(), v.string()]), v.transform(Number), v.integer());
export const flag = v.pipe(
  v.union([v.boolean(), v.picklist(['true', 'false'])]),
  v.transform((value) => value === true || value === 'true'),
);
