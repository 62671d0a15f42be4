// DeleteDomainConfiguration, of one that has been disabled for a week.

import type { DeleteDomainConfigurationRequest } from '@aws-sdk/client-iot';
import { invalidRequest } from '../../rest-json/errors.ts';
import { type Context, domainConfigurationOf, type Given } from '../context.ts';

/** An AWS-managed domain must be DISABLED for so long first (AWS IoT guide, Managing domain configurations). */
const DISABLED_FOR_MS = 7 * 86_400_000;

export const deleteDomainConfiguration = (context: Context, input: Given<DeleteDomainConfigurationRequest>): object => {
  const { name, status, statusChangedAt } = domainConfigurationOf(context, input.domainConfigurationName);
  if (status !== 'DISABLED' || context.now() - statusChangedAt < DISABLED_FOR_MS)
    throw invalidRequest(`domain configuration ${name} is ${status}: it is deleted after seven days of DISABLED`);
  context.state.domainConfigurations.delete(name);
  return {};
};
