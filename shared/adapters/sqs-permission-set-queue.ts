// The queue of permission sets to be worked on.

import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { PermissionSetQueue } from '#ports/messages.ts';
import { awsCall } from './sdk-errors.ts';

export const sqsPermissionSetQueue = (client: SQSClient, queueUrl: string): PermissionSetQueue => ({
  send: async (command, delaySeconds = 0) => {
    const message = new SendMessageCommand({
      QueueUrl: queueUrl,
      MessageBody: JSON.stringify(command),
      DelaySeconds: delaySeconds,
    });
    await awsCall('sqs:SendMessage', client.send(message));
  },
});
