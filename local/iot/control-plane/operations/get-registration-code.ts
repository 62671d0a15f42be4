// GetRegistrationCode: one per account and Region.

import type { GetRegistrationCodeResponse } from '@aws-sdk/client-iot';
import type { Context } from '../context.ts';

export const getRegistrationCode = ({ registrationCode }: Context): GetRegistrationCodeResponse => ({
  registrationCode,
});
