// Custom resources: the request that CloudFormation sends, and what it makes of the answer.

import { afterEach, describe, expect, it } from 'vitest';
import { createCustomResource } from '#local/lambda/custom-resource.ts';
import { aFunction, type TestFunction } from '#support/lambda-function.ts';

const RESOURCE = {
  stack: 'Stack',
  logicalId: 'Switch',
  type: 'Custom::Switch',
  properties: { ServiceToken: 'arn', EventTypes: ['A'] },
};

const running: TestFunction[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((fn) => fn.stop()));
});

/** @param answer source of an expression over `event` */
const create = async (answer: string) => {
  const fn = await aFunction(`
    export const handler = async (event) => {
      const answer = ${answer};
      if (answer) await fetch(event.ResponseURL, { method: 'PUT', body: typeof answer === 'string' ? answer : JSON.stringify(answer) });
    };
  `);
  running.push(fn);
  return createCustomResource(RESOURCE, fn.runner);
};
const ANSWERED =
  'PhysicalResourceId: "it", StackId: event.StackId, RequestId: event.RequestId, LogicalResourceId: event.LogicalResourceId';

describe('a custom resource', () => {
  it('is created by the answer of its function, whose data are its attributes', async () => {
    const created = await create(
      `{ Status: "SUCCESS", ${ANSWERED}, Data: { type: event.RequestType, resource: event.ResourceType, of: event.ResourceProperties.EventTypes[0] } }`,
    );

    expect(created).toEqual({ ref: 'it', attributes: { type: 'Create', resource: 'Custom::Switch', of: 'A' } });
  });

  it.each([
    ['FAILED, with its reason', `{ Status: "FAILED", Reason: "no rights", ${ANSWERED} }`, /^no rights$/],
    ['nothing', 'null', /without an answer/],
    ['no JSON', '"yes"', /not one that CloudFormation reads/],
    ['another request', `{ Status: "SUCCESS", ${ANSWERED}, RequestId: "other" }`, /another request/],
    ['no physical id', `{ Status: "SUCCESS", ${ANSWERED}, PhysicalResourceId: undefined }`, /PhysicalResourceId/],
    ['by failing', '(() => { throw new RangeError("broken"); })()', /RangeError: broken/],
  ])('fails when the function answers %s', async (_, answer, message) => {
    await expect(create(answer)).rejects.toThrow(message);
  });

  it('fails when the process of the function ends in the middle of its answer', async () => {
    const fn = await aFunction(`
      import { request } from 'node:http';
      export const handler = (event) => new Promise(() => {
        const put = request(event.ResponseURL, { method: 'PUT', headers: { 'content-length': 1000 } });
        put.write('{"Status":', () => setTimeout(() => process.exit(1), 50));
      });
    `);
    running.push(fn);

    await expect(createCustomResource(RESOURCE, fn.runner)).rejects.toThrow(/Runtime.ExitError/);
  });
});
