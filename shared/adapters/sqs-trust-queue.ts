// The queue of work on what is trusted.

import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { TrustQueue } from '#ports/messages.ts';
import { awsCall } from './sdk-errors.ts';

export const sqsTrustQueue = (client: SQSClient, queueUrl: string): TrustQueue => ({
  send: async (command, delaySeconds = 0) => {
    const message = new SendMessageCommand({
      QueueUrl: queueUrl,
      MessageBody: JSON.stringify(command),
      DelaySeconds: delaySeconds,
    });
    await awsCall('sqs:SendMessage', client.send(message));
  },
});
