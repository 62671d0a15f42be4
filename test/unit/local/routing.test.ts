// Routing of the IoT control plane: every operation that the SDK can send is found by the line that it sends.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ERROR_STATUS, OPERATION_MODELS } from '#local/iot/control-plane/model.ts';
import { OPERATIONS } from '#local/iot/control-plane/operations.ts';
import { findRoute } from '#local/iot/control-plane/routing.ts';

const isLabel = (segment: string) => segment.startsWith('{');

describe('findRoute', () => {
  it('finds every operation by the line that the SDK sends for it', () => {
    const found = OPERATION_MODELS.map(({ method, segments }) => {
      const path = segments.map((segment) => (isLabel(segment) ? 'some%20name' : segment)).join('/');
      const route = findRoute(method, `/${path}`);
      return [route?.model.name, Object.values(route?.labels ?? {})];
    });
    const expected = OPERATION_MODELS.map(({ name, segments }) => [
      name,
      segments.filter(isLabel).map(() => 'some name'),
    ]);

    expect(found).toEqual(expected);
  });

  it('gives a label back whatever was in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
        const route = findRoute('GET', `/things/${encodeURIComponent(name)}/principals`);
        expect(route?.model.name).toBe('ListThingPrincipals');
        expect(route?.labels).toEqual({ thingName: name });
      }),
    );
  });

  it('prefers a literal to a label, and finds nothing where nothing is', () => {
    expect(findRoute('PUT', '/thing-groups/addThingToThingGroup')?.model.name).toBe('AddThingToThingGroup');
    expect(findRoute('GET', '/things/')).toBeNull();
    expect(findRoute('GET', '/things/one/two/three')).toBeNull();
    expect(findRoute('TRACE', '/things')).toBeNull();
  });
});

it('every operation that is emulated is one of the SDK', () => {
  const names = new Set(OPERATION_MODELS.map(({ name }) => name));

  expect(Object.keys(OPERATIONS).filter((name) => !names.has(name))).toEqual([]);
  expect(Object.keys(OPERATIONS)).toHaveLength(36);
});

it('errors have the HTTP status of the SDK', () => {
  expect(Object.fromEntries(ERROR_STATUS)).toMatchObject({
    ResourceNotFoundException: 404,
    ResourceAlreadyExistsException: 409,
    CertificateStateException: 406,
    LimitExceededException: 410,
    ThrottlingException: 400,
    InternalFailureException: 500,
  });
});
