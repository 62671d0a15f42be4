// CreateDomainConfiguration, of an AWS-managed domain for MQTT with X.509 certificates.

import { randomBytes } from 'node:crypto';
import type { CreateDomainConfigurationRequest, CreateDomainConfigurationResponse } from '@aws-sdk/client-iot';
import { IotError, NOT_EMULATED, refuseParameters } from '../../rest-json/errors.ts';
import type { Context, Given } from '../context.ts';

/** The one kind that the broker plays. */
const PLAYED = { serviceType: 'DATA', authenticationType: 'AWS_X509', applicationProtocol: 'SECURE_MQTT' } as const;

export const createDomainConfiguration = (
  { state, now, arns }: Context,
  input: Given<CreateDomainConfigurationRequest>,
): CreateDomainConfigurationResponse => {
  refuseParameters(input, [
    'domainName',
    'serverCertificateArns',
    'validationCertificateArn',
    'authorizerConfig',
    'tlsConfig',
    'serverCertificateConfig',
    'tags',
  ]);
  const given = { serviceType: PLAYED.serviceType, ...input };
  for (const member of ['serviceType', 'authenticationType', 'applicationProtocol'] as const)
    if (given[member] !== PLAYED[member])
      throw new IotError(
        NOT_EMULATED,
        `the embedded IoT Core emulates ${member} ${PLAYED[member]} alone, not ${given[member] ?? 'the default'}`,
      );
  const name = input.domainConfigurationName;
  const existing = state.domainConfigurations.get(name);
  if (existing)
    throw new IotError('ResourceAlreadyExistsException', `domain configuration ${name} exists already`, {
      resourceId: name,
      resourceArn: existing.arn,
    });
  const arn = arns.of('domainconfiguration', `${name}/${randomBytes(3).toString('hex').slice(0, 5)}`);
  state.domainConfigurations.set(name, {
    name,
    arn,
    status: 'ENABLED',
    callbackArn: input.clientCertificateConfig?.clientCertificateCallbackArn ?? null,
    statusChangedAt: now(),
  });
  return { domainConfigurationName: name, domainConfigurationArn: arn };
};
