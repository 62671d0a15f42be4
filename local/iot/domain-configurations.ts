// Which function is asked about a connection. There is one endpoint here, and every enabled domain configuration governs it.

import type { PreAuthentication } from './broker/pre-authentication.ts';
import type { IotState } from './state.ts';

/** Resolves to what the function answers to an event of IoT Core's, on behalf of a domain configuration. */
type Invoke = (functionArn: string, domainConfigurationArn: string, event: unknown) => Promise<unknown>;

export const preAuthenticationOf =
  ({ domainConfigurations }: Pick<IotState, 'domainConfigurations'>, invoke: Invoke): PreAuthentication =>
  () => {
    for (const { arn, status, callbackArn } of domainConfigurations.values())
      if (status === 'ENABLED' && callbackArn !== null) return (event) => invoke(callbackArn, arn, event);
    return null;
  };
