// Onboards devices at their first connect: IoT Core's registration events from the onboarding queue.

import { JitrEvent } from '#contracts/jitr-event.ts';
import { PermanentError } from '#domain/errors.ts';
import { type Onboarding, onboardingOnAws } from '#runtime/onboarding.ts';
import { tellOnboarding } from '#runtime/onboarding-outcome.ts';
import { sqsHandler } from '#runtime/sqs-handler.ts';

export const onboardDeviceHandler = (parts: Onboarding) =>
  sqsHandler({
    ...parts,
    source: 'onboard-device',
    contract: JitrEvent,
    handle: async (event) => {
      if (event.awsAccountId !== parts.accountId)
        throw new PermanentError(
          'FOREIGN_ACCOUNT',
          `expected an event of account ${parts.accountId}, got ${event.awsAccountId}`,
        );
      const request = {
        certificateId: event.certificateId,
        owner: event.eventId,
        cameAt: event.timestamp,
        iotStatus: null,
      };
      tellOnboarding(parts, request, await parts.onboard(request));
    },
  });

export const handler = onboardDeviceHandler(onboardingOnAws());
