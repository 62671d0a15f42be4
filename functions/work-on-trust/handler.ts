// Works on whom to trust: commands from the trust queue, each followed by the next where one is not enough.

import { TrustCommand } from '#contracts/trust-command.ts';
import { sqsHandler } from '#runtime/sqs-handler.ts';
import { type Trust, trustOnAws } from '#runtime/trust.ts';
import { tellTrust } from '#runtime/trust-outcome.ts';
import { WORK_ON_TRUST } from '#usecases/kept-failures.ts';
import { workOnTrust } from '#usecases/work-on-trust.ts';

export const workOnTrustHandler = (parts: Trust) =>
  sqsHandler({
    ...parts,
    source: WORK_ON_TRUST,
    contract: TrustCommand,
    handle: async (command) => {
      tellTrust(parts, command, await workOnTrust(parts.work)(command));
    },
  });

export const handler = workOnTrustHandler(trustOnAws());
