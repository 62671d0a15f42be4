// Brings IoT Core to what operators changed in the registry: commands from the command queue.

import { ConvergeCommand } from '#contracts/converge-command.ts';
import { type Onboarding, onboardingOnAws } from '#runtime/onboarding.ts';
import { tellOnboarding } from '#runtime/onboarding-outcome.ts';
import { sqsHandler } from '#runtime/sqs-handler.ts';

export const convergeCertificateHandler = (parts: Onboarding) =>
  sqsHandler({
    ...parts,
    source: 'converge-certificate',
    contract: ConvergeCommand,
    handle: async ({ certificateId, commandId }) => {
      const request = { certificateId, owner: commandId, cameAt: null, iotStatus: null };
      tellOnboarding(parts, request, await parts.onboard(request));
    },
  });

export const handler = convergeCertificateHandler(onboardingOnAws());
