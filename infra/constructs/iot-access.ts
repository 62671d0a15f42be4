// What the functions may do in AWS IoT Core, by resource (Service Authorization Reference, Actions defined by AWS IoT).

import { Stack, Validations } from 'aws-cdk-lib';
import { IOT_RESOURCE } from '#names/iot.ts';
import type { OnboardingFunction } from './onboarding-function.ts';

const arnOf = (fn: OnboardingFunction, resource: string): string =>
  `${Stack.of(fn).formatArn({ service: 'iot', resource: '' }).replace(/\/$/, '')}${resource}`;

/** These actions know no resource type: IAM takes no other resource for them than `*`. */
const allowAnyResource = (fn: OnboardingFunction, ...actions: string[]): void => {
  fn.allow(actions, ['*']);
  Validations.of(fn).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason: `${actions.join(', ')}: no resource type, so IAM accepts no other resource than *`,
  });
};

/** Brings certificates, things and memberships to what the registry wants. */
export const allowConverging = (fn: OnboardingFunction): void => {
  const { certificates, things, thingGroups } = IOT_RESOURCE;
  fn.allow(['iot:DescribeCertificate', 'iot:UpdateCertificate'], [arnOf(fn, certificates)]);
  fn.allow(['iot:CreateThing'], [arnOf(fn, things)]);
  fn.allow(['iot:AddThingToThingGroup'], [arnOf(fn, things), arnOf(fn, thingGroups)]);
  allowAnyResource(fn, 'iot:AttachThingPrincipal');
};

/** Makes the groups and policies of permission sets, registers trust anchors and names the endpoint. */
export const allowAdministration = (fn: OnboardingFunction): void => {
  const { anchors, policies, thingGroups } = IOT_RESOURCE;
  fn.allow(['iot:UpdateCACertificate'], [arnOf(fn, anchors)]);
  fn.allow(['iot:CreateThingGroup', 'iot:AttachPolicy'], [arnOf(fn, thingGroups)]);
  fn.allow(
    [
      'iot:CreatePolicy',
      'iot:CreatePolicyVersion',
      'iot:DeletePolicyVersion',
      'iot:GetPolicy',
      'iot:ListPolicyVersions',
    ],
    [arnOf(fn, policies)],
  );
  allowAnyResource(fn, 'iot:RegisterCACertificate', 'iot:DescribeEndpoint');
};

/** Turns on the account's event messages. */
export const allowEventMessages = (fn: OnboardingFunction): void => {
  allowAnyResource(fn, 'iot:UpdateEventConfigurations');
};
