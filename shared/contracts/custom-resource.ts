// CloudFormation's request to a custom resource, and the answer it waits for (CloudFormation guide, Custom resources).

import * as v from 'valibot';

export const CustomResourceRequest = v.object({
  RequestType: v.picklist(['Create', 'Update', 'Delete']),
  /** presigned: whoever has it can answer, so it never goes into a log or a message */
  ResponseURL: v.pipe(v.string(), v.url()),
  StackId: v.string(),
  RequestId: v.string(),
  LogicalResourceId: v.string(),
  /** absent on Create */
  PhysicalResourceId: v.optional(v.string()),
  ResourceProperties: v.record(v.string(), v.unknown()),
});
export type CustomResourceRequest = v.InferOutput<typeof CustomResourceRequest>;

export type CustomResourceAnswer = {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly Reason?: string;
  readonly PhysicalResourceId: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
};

/** Properties of `Custom::IotEventMessages`; the names are those of UpdateEventConfigurations. */
export const EventMessagesProperties = v.object({
  EventTypes: v.pipe(v.array(v.picklist(['CA_CERTIFICATE', 'CERTIFICATE'])), v.minLength(1)),
});
