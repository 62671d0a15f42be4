// UpdateDomainConfiguration: turns it on and off, and changes whom it asks.

import type { UpdateDomainConfigurationRequest, UpdateDomainConfigurationResponse } from '@aws-sdk/client-iot';
import { refuseParameters } from '../../rest-json/errors.ts';
import { type Context, domainConfigurationOf, type Given } from '../context.ts';

export const updateDomainConfiguration = (
  context: Context,
  input: Given<UpdateDomainConfigurationRequest>,
): UpdateDomainConfigurationResponse => {
  refuseParameters(input, [
    'authorizerConfig',
    'removeAuthorizerConfig',
    'tlsConfig',
    'serverCertificateConfig',
    'authenticationType',
    'applicationProtocol',
  ]);
  const configuration = domainConfigurationOf(context, input.domainConfigurationName);
  const { domainConfigurationStatus: status = configuration.status, clientCertificateConfig: config } = input;
  if (status !== configuration.status) configuration.statusChangedAt = context.now();
  configuration.status = status;
  if (config !== undefined) configuration.callbackArn = config.clientCertificateCallbackArn ?? null;
  return { domainConfigurationName: configuration.name, domainConfigurationArn: configuration.arn };
};
