// Custom resources as CloudFormation runs them: invoke the function with a URL, wait for the answer put there.
// (CloudFormation User Guide, "Custom resource request and response reference")

import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import * as v from 'valibot';
import { listenOnLoopback } from '#local/cloud/loopback.ts';
import type { FunctionRunner } from '#local/lambda/function-runner.ts';
import type { Created, Resource } from '#local/template/resource.ts';

const Answer = v.object({
  Status: v.picklist(['SUCCESS', 'FAILED']),
  Reason: v.nullish(v.string()),
  PhysicalResourceId: v.nullish(v.string()),
  StackId: v.string(),
  RequestId: v.string(),
  LogicalResourceId: v.string(),
  Data: v.nullish(v.record(v.string(), v.unknown())),
});
type Answer = v.InferOutput<typeof Answer>;

type AnswerDoor = {
  readonly url: string;
  /** null when nothing was put there yet. @throws Error when what was put there is no answer */
  readonly answer: () => Answer | null;
  readonly close: () => Promise<void>;
};

const openAnswerDoor = async (): Promise<AnswerDoor> => {
  const path = `/${randomUUID()}`;
  let body: string | null = null;
  const server = createServer((request, response) => {
    if (request.method !== 'PUT' || request.url !== path) {
      response.writeHead(403).end();
      return;
    }
    text(request).then(
      (put) => {
        body = put;
        response.writeHead(200).end();
      },
      // whoever put it went away half way: nothing was put
      () => response.destroy(),
    );
  });
  const { url, stop } = await listenOnLoopback(server);
  return {
    url: `${url}${path}`,
    close: stop,
    answer: () => {
      if (body === null) return null;
      const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), Answer), body);
      if (parsed.success) return parsed.output;
      throw new Error(`the answer is not one that CloudFormation reads: ${v.summarize(parsed.issues)}`);
    },
  };
};

/**
 * Creates the resource. Unlike CloudFormation, which waits for an hour, a function that fails or ends without an
 * answer fails it at once.
 * @throws Error when the function answers FAILED, fails, or does not answer
 */
export const createCustomResource = async (
  { stack, logicalId, type, properties }: Resource,
  runner: FunctionRunner,
): Promise<Created> => {
  const door = await openAnswerDoor();
  try {
    const [, partition, , region, accountId] = runner.config.arn.split(':');
    const stackId = `arn:${partition}:cloudformation:${region}:${accountId}:stack/${stack}/local`;
    const requestId = randomUUID();
    const outcome = await runner.invoke({
      RequestType: 'Create',
      ServiceToken: runner.config.arn,
      ResponseURL: door.url,
      StackId: stackId,
      RequestId: requestId,
      LogicalResourceId: logicalId,
      ResourceType: type,
      ResourceProperties: properties,
    });
    if (!outcome.ok) throw new Error(`${outcome.error.errorType}: ${outcome.error.errorMessage}`);
    // a function that works has seen its answer taken before it returns
    const answer = door.answer();
    if (answer === null) throw new Error('the function returned without an answer to ResponseURL');
    if (answer.RequestId !== requestId || answer.LogicalResourceId !== logicalId || answer.StackId !== stackId) {
      throw new Error('the answer is to another request: StackId, RequestId and LogicalResourceId must be returned');
    }
    if (answer.Status === 'FAILED') throw new Error(answer.Reason ?? 'FAILED, with no reason given');
    if (typeof answer.PhysicalResourceId !== 'string') throw new Error('the answer has no PhysicalResourceId');
    const attributes = Object.entries(answer.Data ?? {}).map(([name, value]) => [name, String(value)] as const);
    return { ref: answer.PhysicalResourceId, attributes: Object.fromEntries(attributes) };
  } finally {
    await door.close();
  }
};
