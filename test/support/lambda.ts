// What Lambda hands to a function that a queue feeds.

import type { Context, SQSEvent, SQSRecord } from 'aws-lambda';

export const lambdaContext = (functionName: string): Context => ({
  callbackWaitsForEmptyEventLoop: true,
  functionName,
  functionVersion: '$LATEST',
  invokedFunctionArn: `arn:aws:lambda:eu-central-1:123456789012:function:${functionName}`,
  memoryLimitInMB: '1024',
  awsRequestId: '11111111-2222-4333-8444-555555555555',
  logGroupName: functionName,
  logStreamName: 'one',
  getRemainingTimeInMillis: () => 20_000,
  done: () => undefined,
  fail: () => undefined,
  succeed: () => undefined,
});

/** One message of a queue; `receives` counts its deliveries, this one included. */
export const sqsRecord = (body: string, messageId = 'message-1', receives = 1): SQSRecord => ({
  messageId,
  receiptHandle: 'handle',
  body,
  attributes: {
    ApproximateReceiveCount: String(receives),
    SentTimestamp: '1795348800000',
    SenderId: 'AIDAEXAMPLE',
    ApproximateFirstReceiveTimestamp: '1795348800000',
  },
  messageAttributes: {},
  md5OfBody: '',
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:eu-central-1:123456789012:onboarding',
  awsRegion: 'eu-central-1',
});

export const sqsEvent = (...records: readonly SQSRecord[]): SQSEvent => ({ Records: [...records] });
