// The function private-ca between its contract and the CA: refusals are answers, what another attempt may cure is thrown.

import type { Logger } from '@aws-lambda-powertools/logger';
import * as v from 'valibot';
import { type PrivateCaAnswer, PrivateCaRequest } from '#contracts/private-ca-request.ts';
import { PermanentError } from '#domain/errors.ts';
import type { PrivateCa } from '#ports/private-ca.ts';

const work = async (privateCa: PrivateCa, request: PrivateCaRequest): Promise<string | null> => {
  switch (request.act) {
    case 'certificate':
      return privateCa.certificate(request.ca);
    case 'issue':
      return privateCa.issue(request);
    case 'revoke':
      await privateCa.revoke(request.ca, request.serialNumber);
      return null;
  }
};

/** @throws what another attempt may cure, and a request that is none: whoever invokes it is of this release */
export const answerPrivateCa =
  (privateCa: PrivateCa, logger: Pick<Logger, 'info' | 'warn'>) =>
  async (event: unknown): Promise<PrivateCaAnswer> => {
    const request = v.parse(PrivateCaRequest, event);
    const about = { act: request.act, ca: request.ca };
    try {
      const pem = await work(privateCa, request);
      logger.info('private CA answered', about);
      return { pem };
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
      const { code, message } = error;
      logger.warn('private CA refused', { ...about, code, message });
      return { refused: { code, message } };
    }
  };
