// The pre-authentication gate: an endpoint of its own, whose every connection IoT Core asks a function about.
// (AWS IoT guide, Custom client certificate validation)

import { Duration, RemovalPolicies, RemovalPolicy } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnDomainConfiguration } from 'aws-cdk-lib/aws-iot';
import type { Construct } from 'constructs';
import { ENV } from '#names/env.ts';
import { GATE_TIMEOUT_SECONDS } from '#names/timing.ts';
import { OnboardingFunction } from './onboarding-function.ts';
import { allowItems } from './registry-table.ts';

export class PreAuthentication extends OnboardingFunction {
  private readonly configuration: CfnDomainConfiguration;

  constructor(scope: Construct, id: string, table: TableV2) {
    super(scope, id, {
      name: 'admit-connection',
      timeout: Duration.seconds(GATE_TIMEOUT_SECONDS),
      environment: { [ENV.registryTable]: table.tableName },
      impact:
        'Some connections at the endpoint of the gate are refused that should not be; sessions that are open go on.',
      answersDevices: true,
    });
    allowItems(this, table, 'GetItem', 'BatchGetItem');

    this.configuration = new CfnDomainConfiguration(this, 'DomainConfiguration', {
      serviceType: 'DATA',
      authenticationType: 'AWS_X509',
      applicationProtocol: 'SECURE_MQTT',
      clientCertificateConfig: { clientCertificateCallbackArn: this.lambda.functionArn },
    });
    // AWS deletes a domain of its own only after seven days of DISABLED (AWS IoT guide, Managing domain configurations),
    // which no deletion of a stack waits for. Whom it asks stays with it: it would refuse every device otherwise, and a
    // deployment may leave the gate out by mistake. Nothing has a name of its own, so a later gate does not collide with it.
    this.configuration.applyRemovalPolicy(RemovalPolicy.RETAIN);
    RemovalPolicies.of(this).retainOnUpdateOrDelete({
      excludeResourceTypes: [CfnDomainConfiguration.CFN_RESOURCE_TYPE_NAME],
    });
    // The ARN holds the account. That IoT Core sends the account beside it is documented for rules, not for this hook: a
    // condition on what may not come would refuse every device.
    this.lambda.addPermission('IotCore', {
      principal: new ServicePrincipal('iot.amazonaws.com'),
      sourceArn: this.configuration.attrArn,
    });
  }

  /** Has a function name this endpoint as the one to connect to. */
  allowNaming(fn: OnboardingFunction): void {
    fn.lambda.addEnvironment(ENV.domainConfiguration, this.configuration.ref);
    fn.allow(['iot:DescribeDomainConfiguration'], [this.configuration.attrArn]);
  }
}
