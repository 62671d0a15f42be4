// What resource providers work on: the doors of the emulated services, and what becomes the running system.

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { IoTClient } from '@aws-sdk/client-iot';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { PrivateCa } from '#local/cloud/acm-pca/private-ca.ts';
import type { ObjectStore } from '#local/cloud/s3/object-store.ts';
import type { Scheduler } from '#local/cloud/scheduler/scheduler.ts';
import type { HttpApiBuilder } from '#local/http/http-api.ts';
import type { TopicRule } from '#local/iot/state.ts';
import type { FunctionTable } from '#local/lambda/function-table.ts';
import type { QueueEventSourceConfig } from '#local/lambda/queue-event-source.ts';
import type { Account } from '#local/template/deploy.ts';
import type { Created, Resource } from '#local/template/resource.ts';

export type EventSourceMapping = QueueEventSourceConfig & { readonly functionName: string };

export type Cloud = {
  readonly account: Account;
  readonly dynamodb: DynamoDBClient;
  readonly sqs: SQSClient;
  readonly iot: IoTClient;
  readonly createEventBus: (name: string) => void;
  readonly createBucket: ObjectStore['createBucket'];
  readonly privateCa: PrivateCa;
  /** throws when the expression is not understood */
  readonly addSchedule: Scheduler['add'];
  /** throws when the rule is one that the engine does not emulate */
  readonly registerRule: (rule: TopicRule) => void;
  /** folder of an asset by its object key */
  readonly assets: ReadonlyMap<string, string>;
  readonly functions: FunctionTable;
  /** start once everything stands, so that no message meets half a system */
  readonly eventSources: EventSourceMapping[];
  readonly api: HttpApiBuilder;
  /** what makes the SDK clients of a function find this system: endpoints and credentials */
  readonly sdkEnvironment: (functionName: string) => Readonly<Record<string, string>>;
  /** calls a function as CloudFormation does for a custom resource, and waits for its answer */
  readonly customResource: (resource: Resource, serviceToken: string) => Promise<Created>;
};

/** Makes one resource. Throws when it cannot. */
export type Provider = (resource: Resource, cloud: Cloud) => Created | Promise<Created>;

export const arn = ({ account }: Pick<Cloud, 'account'>, service: string, rest: string): string =>
  `arn:${account.partition}:${service}:${account.region}:${account.accountId}:${rest}`;
