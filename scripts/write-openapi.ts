// Writes docs/openapi.json, the OpenAPI 3.1 document of the management API, from the table of routes.

import { writeFile } from 'node:fs/promises';
import { type JsonSchema, toJsonSchema, toJsonSchemaDefs } from '@valibot/to-json-schema';
import type * as v from 'valibot';
import { none, Problem } from '#contracts/api-shapes.ts';
import { ROUTES } from '#contracts/management-api.ts';
import {
  Accepted,
  BrokerView,
  DeviceView,
  ExplanationView,
  ListedDevice,
  RejectedEventView,
  RoleInUseView,
  RolePreview,
  RoleView,
  TenantView,
  UserView,
  WrittenUser,
} from '#contracts/ops-api.ts';
import {
  AnchorView,
  CertificateText,
  CrlView,
  CsrView,
  ImpactView,
  IssuedView,
  TruststoreView,
} from '#contracts/trust-api.ts';

const definitions = {
  Accepted,
  AnchorView,
  BrokerView,
  CertificateText,
  CrlView,
  CsrView,
  DeviceView,
  ExplanationView,
  ImpactView,
  IssuedView,
  ListedDevice,
  Problem,
  RejectedEventView,
  RoleInUseView,
  RolePreview,
  RoleView,
  TenantView,
  TruststoreView,
  UserView,
  WrittenUser,
};
const options = {
  target: 'draft-2020-12',
  typeMode: 'input',
  overrideRef: ({ referenceId }: { referenceId: string }) => `#/components/schemas/${referenceId}`,
} as const;

const schemaOf = (schema: v.GenericSchema): JsonSchema => {
  const { $schema: _schema, $defs: _definitions, ...rest } = toJsonSchema(schema, { ...options, definitions });
  return rest;
};

const parametersOf = (where: 'path' | 'query', schema: v.GenericSchema) => {
  const { properties = {}, required = [] } = schemaOf(schema);
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: where,
    required: required.includes(name),
    schema: property,
  }));
};

const json = (schema: JsonSchema, type = 'application/json') => ({ content: { [type]: { schema } } });
const problem = (description: string) => ({
  description,
  ...json({ $ref: '#/components/schemas/Problem' }, 'application/problem+json'),
});
const DESCRIPTIONS = { 200: 'Done', 201: 'Created', 202: 'Recorded; AWS IoT Core follows' } as const;

const operationOf = (operationId: string, route: (typeof ROUTES)[keyof typeof ROUTES]) => {
  return {
    operationId,
    summary: route.summary,
    parameters: [...parametersOf('path', route.params), ...parametersOf('query', route.query)],
    ...(route.body !== none && { requestBody: { required: true, ...json(schemaOf(route.body)) } }),
    responses: {
      [route.status]: { description: DESCRIPTIONS[route.status], ...json(schemaOf(route.response)) },
      400: problem('The request is not as described here'),
      403: { description: 'The caller may not do this (IAM)' },
      404: problem('It names what this tenant does not have'),
      409: problem('Not in the state that it is in'),
      410: problem('It relies on what is over'),
      503: problem('Repeat it a little later'),
    },
  };
};

export const openApiDocument = () => {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [operationId, route] of Object.entries(ROUTES))
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(operationId, route) };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Vestibule management API',
      version: '1',
      description: 'Signed with AWS Signature Version 4 (service execute-api); IAM allows by method and path.',
    },
    paths,
    components: {
      schemas: toJsonSchemaDefs(definitions, options),
      securitySchemes: {
        iam: { type: 'apiKey', in: 'header', name: 'Authorization', 'x-amazon-apigateway-authtype': 'awsSigv4' },
      },
    },
    security: [{ iam: [] }],
  };
};

if (import.meta.main)
  await writeFile(new URL('../docs/openapi.json', import.meta.url), `${JSON.stringify(openApiDocument(), null, 2)}\n`);
