import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { none } from '#contracts/api-shapes.ts';
import { ROUTES } from '#contracts/management-api.ts';
import { openApiDocument } from '../../../scripts/write-openapi.ts';

const written: unknown = JSON.parse(await readFile(new URL('../../../docs/openapi.json', import.meta.url), 'utf8'));

test('docs/openapi.json is what the table of routes gives: run node scripts/write-openapi.ts', () => {
  expect(written).toEqual(JSON.parse(JSON.stringify(openApiDocument())));
});

test('every route is an operation, and its path parameters are those of its path', () => {
  const { paths } = openApiDocument();
  for (const [operationId, { method, path }] of Object.entries(ROUTES)) {
    const operation = paths[path]?.[method.toLowerCase()];
    expect(operation).toMatchObject({ operationId });
    const { parameters } = operation as { parameters: { name: string; in: string }[] };
    const named = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
    expect(named).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
  }
});

test('R-07: tenants and platform operators are told apart by the path alone', () => {
  for (const { path } of Object.values(ROUTES)) expect(path).toMatch(/^\/(tenants\/\{tenant\}|operator\/)/);
});

test('every route says what its body and its answer are, answers by the name of their view or a page of them', () => {
  const { paths } = openApiDocument();
  for (const [operationId, { method, path, body, status }] of Object.entries(ROUTES)) {
    const operation = paths[path]?.[method.toLowerCase()] as {
      requestBody?: object;
      responses: Record<number, object>;
    };
    expect([operationId, operation.requestBody !== undefined]).toEqual([operationId, body !== none]);
    const answer = JSON.stringify(operation.responses[status]);
    if (operationId !== 'listBlocked')
      expect([operationId, answer]).toEqual([operationId, expect.stringContaining('"$ref"')]);
  }
});

test('I-04: no request has a field for a key', () => {
  const { paths } = openApiDocument();
  const fields: string[] = [];
  for (const operations of Object.values(paths))
    for (const operation of Object.values(operations) as { requestBody?: object }[])
      for (const [, field = ''] of JSON.stringify(operation.requestBody ?? {}).matchAll(/"(\w+)":\{/g))
        fields.push(field);

  expect(fields).toEqual(expect.arrayContaining(['certificate', 'verificationCertificate', 'csr', 'crl']));
  expect(fields.filter((field) => /key|secret|p12|pfx/i.test(field))).toEqual([]);
});
