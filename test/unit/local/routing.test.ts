// Routing of the IoT APIs: every operation that the SDK can send is found by the line that it sends.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONTROL_PLANE, findControlPlaneRoute as findRoute } from '#local/iot/control-plane/api.ts';
import { OPERATIONS } from '#local/iot/control-plane/operations.ts';
import { DATA_PLANE, findDataPlaneRoute } from '#local/iot/data-plane/api.ts';

const isLabel = (segment: string) => segment.startsWith('{');

describe('a router', () => {
  it.each([
    { plane: 'control', api: CONTROL_PLANE, find: findRoute },
    { plane: 'data', api: DATA_PLANE, find: findDataPlaneRoute },
  ])('of the $plane plane finds every operation by the line that the SDK sends for it', ({ api, find }) => {
    const found = api.operations.map(({ method, segments }) => {
      const path = segments.map((segment) => (isLabel(segment) ? 'some%20name' : segment)).join('/');
      const route = find(method, `/${path}`);
      return [route?.model.name, Object.values(route?.labels ?? {})];
    });
    const expected = api.operations.map(({ name, segments }) => [
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
  const names = new Set(CONTROL_PLANE.operations.map(({ name }) => name));

  expect(Object.keys(OPERATIONS).filter((name) => !names.has(name))).toEqual([]);
  expect(Object.keys(OPERATIONS)).toHaveLength(45);
});

it('errors have the HTTP status of the SDK', () => {
  expect(Object.fromEntries(CONTROL_PLANE.errorStatus)).toMatchObject({
    ResourceNotFoundException: 404,
    ResourceAlreadyExistsException: 409,
    CertificateStateException: 406,
    LimitExceededException: 410,
    ThrottlingException: 400,
    InternalFailureException: 500,
  });
  expect(DATA_PLANE.errorStatus.get('ThrottlingException')).toBe(429);
});
