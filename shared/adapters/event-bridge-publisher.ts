// Announces events on the event bus.

import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { announced, EVENT_SOURCE } from '#contracts/announced-event.ts';
import { TransientError } from '#domain/errors.ts';
import type { EventPublisher } from '#ports/messages.ts';
import { awsCall } from './sdk-errors.ts';

/** EventBridge API reference, PutEvents: at most 10 entries a call. */
const ENTRIES_A_CALL = 10;

export const eventBridgePublisher = (client: EventBridgeClient, busName: string): EventPublisher => ({
  publish: async (events) => {
    const entries = events.map((event) => ({
      EventBusName: busName,
      Source: EVENT_SOURCE,
      DetailType: event.type,
      Time: new Date(event.at),
      Detail: JSON.stringify(announced(event)),
    }));
    for (let start = 0; start < entries.length; start += ENTRIES_A_CALL) {
      const command = new PutEventsCommand({ Entries: entries.slice(start, start + ENTRIES_A_CALL) });
      const output = await awsCall('events:PutEvents', client.send(command));
      // PutEvents answers 200 when entries failed
      if (output.FailedEntryCount) {
        const failed = output.Entries?.find((entry) => entry.ErrorCode !== undefined);
        throw new TransientError(`events:PutEvents left an entry out: ${failed?.ErrorCode ?? 'no code'}`);
      }
    }
  },
});
