// The embedded system's queues: whether anything in them waits or is worked on.

import { GetQueueAttributesCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { vi } from 'vitest';

/** Waits until no message waits or is worked on. One that is delayed is not waited for. */
export const queuesAreEmpty = async (aws: { readonly endpoint: string; readonly region: string }): Promise<void> => {
  const sqs = new SQSClient({ ...aws, credentials: { accessKeyId: 'x', secretAccessKey: 'x' } });
  const messagesIn = async (QueueUrl: string): Promise<number> => {
    const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    const { ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible } = Attributes;
    return Number(ApproximateNumberOfMessages) + Number(ApproximateNumberOfMessagesNotVisible);
  };
  const look = async (): Promise<void> => {
    const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
    const full = await Promise.all(QueueUrls.map(async (url) => ((await messagesIn(url)) > 0 ? [url] : [])));
    if (full.flat().length > 0) throw new Error(`expected empty queues, got messages in ${full.flat().join(', ')}`);
  };
  try {
    await vi.waitFor(look, { timeout: 20_000, interval: 50 });
  } finally {
    sqs.destroy();
  }
};
