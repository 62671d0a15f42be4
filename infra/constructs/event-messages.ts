// The account's switch for event messages of certificates, for which CloudFormation has no resource type.

import { CustomResource, Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { CUSTOM_RESOURCE_TIMEOUT_SECONDS } from '#names/timing.ts';
import { allowEventMessages } from './iot-access.ts';
import { OnboardingFunction } from './onboarding-function.ts';

export class EventMessages extends Construct {
  readonly function: OnboardingFunction;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.function = new OnboardingFunction(this, 'Switch', {
      name: 'iot-event-messages',
      timeout: Duration.seconds(CUSTOM_RESOURCE_TIMEOUT_SECONDS),
      environment: {},
      impact: 'A deployment cannot turn on the event messages that onboarding starts from.',
    });
    allowEventMessages(this.function);

    new CustomResource(this, 'Resource', {
      // The function's own ARN and not a provider's: CloudFormation calls it, and it answers by itself.
      serviceToken: this.function.lambda.functionArn,
      resourceType: 'Custom::IotEventMessages',
      // IoT guide, Event messages: CA_CERTIFICATE is the switch of the registration topic, CERTIFICATE of presence.
      properties: { EventTypes: ['CA_CERTIFICATE', 'CERTIFICATE'] },
      // The default of an hour is how long a deployment would hang on an answer that never comes.
      serviceTimeout: Duration.minutes(5),
    });
  }
}
