// DescribeDomainConfiguration. Every configuration has the one endpoint that there is.

import type { DescribeDomainConfigurationRequest, DescribeDomainConfigurationResponse } from '@aws-sdk/client-iot';
import { type Context, domainConfigurationOf, type Given } from '../context.ts';

export const describeDomainConfiguration = (
  context: Context,
  input: Given<DescribeDomainConfigurationRequest>,
): DescribeDomainConfigurationResponse => {
  const { name, arn, status, callbackArn, statusChangedAt } = domainConfigurationOf(
    context,
    input.domainConfigurationName,
  );
  return {
    domainConfigurationName: name,
    domainConfigurationArn: arn,
    domainName: context.endpointAddress,
    serverCertificates: [],
    domainConfigurationStatus: status,
    serviceType: 'DATA',
    domainType: 'AWS_MANAGED',
    lastStatusChangeDate: new Date(statusChangedAt),
    authenticationType: 'AWS_X509',
    applicationProtocol: 'SECURE_MQTT',
    ...(callbackArn !== null && { clientCertificateConfig: { clientCertificateCallbackArn: callbackArn } }),
  };
};
