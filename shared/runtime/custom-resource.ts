// Turns a function of ours into a custom resource: whatever happens, CloudFormation gets an answer.

import * as v from 'valibot';
import { type CustomResourceAnswer, CustomResourceRequest } from '#contracts/custom-resource.ts';

type Put = (url: string, init: { method: 'PUT'; headers: Record<string, string>; body: string }) => Promise<Response>;

// CloudFormation guide, Custom resource response objects: the whole answer may have 4,096 bytes.
const REASON_LIMIT = 1_000;

const attempt = async (work: () => Promise<void>): Promise<Pick<CustomResourceAnswer, 'Status' | 'Reason'>> => {
  try {
    await work();
    return { Status: 'SUCCESS' };
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { Status: 'FAILED', Reason: reason.slice(0, REASON_LIMIT) };
  }
};

/**
 * `apply` serves Create and Update, and must be repeatable. Delete undoes nothing, whatever its properties are: a
 * Create that failed on them is followed by a Delete with the same ones. A failure of `apply` is answered, not thrown,
 * or CloudFormation would wait until its timeout. What is thrown is left to Lambda, which tries an asynchronous
 * invocation twice more.
 *
 * @param physicalId the same for ever: a changed one would make CloudFormation delete the old resource
 * @throws TypeError when the event is no request of CloudFormation
 * @throws Error when CloudFormation does not take the answer
 */
export const customResource =
  <const Schema extends v.GenericSchema>(
    physicalId: string,
    schema: Schema,
    apply: (properties: v.InferOutput<Schema>) => Promise<void>,
    put: Put = fetch,
  ) =>
  async (event: unknown): Promise<void> => {
    const parsed = v.safeParse(CustomResourceRequest, event);
    if (!parsed.success) {
      const fields = parsed.issues.map((issue) => v.getDotPath(issue) ?? 'the event');
      throw new TypeError(`expected a request of CloudFormation, got none: wrong or missing ${fields.join(', ')}`);
    }
    const { RequestType, ResponseURL, ResourceProperties, StackId, RequestId, LogicalResourceId } = parsed.output;

    const outcome = await attempt(async () => {
      if (RequestType !== 'Delete') await apply(v.parse(schema, ResourceProperties));
    });
    const answer: CustomResourceAnswer = {
      ...outcome,
      PhysicalResourceId: parsed.output.PhysicalResourceId ?? physicalId,
      StackId,
      RequestId,
      LogicalResourceId,
    };
    const response = await put(ResponseURL, {
      method: 'PUT',
      // The URL was signed for no content type (CloudFormation guide, cfn-response module).
      headers: { 'content-type': '' },
      body: JSON.stringify(answer),
    });
    if (!response.ok) throw new Error(`CloudFormation did not take the answer: HTTP ${response.status}`);
  };
