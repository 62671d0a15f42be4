// The queue of operators' commands.

import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { CommandQueue } from '#ports/messages.ts';
import { awsCall } from './sdk-errors.ts';

export const sqsCommandQueue = (client: SQSClient, queueUrl: string): CommandQueue => ({
  send: async (command) => {
    const message = new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(command) });
    await awsCall('sqs:SendMessage', client.send(message));
  },
});
