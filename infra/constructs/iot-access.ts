// What the functions may do in AWS IoT Core, by resource (Service Authorization Reference, Actions defined by AWS IoT).

import { Stack, Validations } from 'aws-cdk-lib';
import { IOT_RESOURCE } from '#names/iot.ts';
import type { OnboardingFunction } from './onboarding-function.ts';

type Kind = keyof typeof IOT_RESOURCE;

/** Why a permission names a pattern and not a resource: what it is about comes into being while the system runs. */
const REASONS: Record<Kind, string> = {
  certificates: 'IoT Core registers device certificates at their first connect',
  anchors: 'operators register CA certificates through the API',
  things: 'a thing is made for each device and bears the name that its CN gives',
  clients: 'a client id is that of a device, as its CN gives it',
  thingGroups: 'groups are made for each permission set, under the prefix of ours',
  policies: 'policies are made for each permission set, under the prefix of ours',
};

const allowKinds = (fn: OnboardingFunction, kinds: readonly Kind[], ...actions: string[]): void => {
  const arn = (partition: string, region: string, account: string, kind: Kind) =>
    `arn:${partition}:iot:${region}:${account}:${IOT_RESOURCE[kind]}`;
  const { partition, region, account } = Stack.of(fn);
  fn.allow(
    actions,
    kinds.map((kind) => arn(partition, region, account, kind)),
  );
  for (const kind of kinds)
    Validations.of(fn).acknowledge({
      id: `AwsSolutions-IAM5[Resource::${arn('<AWS::Partition>', '<AWS::Region>', '<AWS::AccountId>', kind)}]`,
      reason: REASONS[kind],
    });
};

/** Ends sessions of devices. */
export const allowDisconnecting = (fn: OnboardingFunction): void => {
  allowKinds(fn, ['clients'], 'iot:DeleteConnection');
};

/** Brings certificates, things and memberships to what the registry wants, and cuts the sessions of what is barred. */
export const allowConverging = (fn: OnboardingFunction): void => {
  allowKinds(fn, ['certificates'], 'iot:DescribeCertificate', 'iot:UpdateCertificate');
  allowKinds(fn, ['things'], 'iot:CreateThing');
  allowKinds(fn, ['things', 'thingGroups'], 'iot:AddThingToThingGroup', 'iot:RemoveThingFromThingGroup');
  fn.allowAnyResource('iot:AttachThingPrincipal');
  allowDisconnecting(fn);
};

/** Makes the groups and policies of permission sets, and brings them to other documents. */
export const allowPermissionSets = (fn: OnboardingFunction): void => {
  allowKinds(fn, ['thingGroups'], 'iot:CreateThingGroup', 'iot:AttachPolicy', 'iot:DetachPolicy');
  allowKinds(fn, ['policies'], 'iot:CreatePolicy', 'iot:GetPolicy');
  allowKinds(fn, ['policies'], 'iot:CreatePolicyVersion', 'iot:ListPolicyVersions', 'iot:DeletePolicyVersion');
};

/** Deletes the groups and policies of permission sets. */
export const allowDeletingPermissionSets = (fn: OnboardingFunction): void => {
  allowKinds(fn, ['thingGroups'], 'iot:DeleteThingGroup');
  allowKinds(fn, ['policies'], 'iot:DeletePolicy');
};

/** Names the endpoint. */
export const allowNamingEndpoint = (fn: OnboardingFunction): void => {
  fn.allowAnyResource('iot:DescribeEndpoint');
};

/** Registers trust anchors, and reads the certificate of a device. */
export const allowRegisteringAnchors = (fn: OnboardingFunction): void => {
  fn.allowAnyResource('iot:RegisterCACertificate', 'iot:GetRegistrationCode');
  // A tag that is given at registration asks for the right to tag as well.
  allowKinds(fn, ['anchors'], 'iot:DescribeCACertificate', 'iot:TagResource', 'iot:UpdateCACertificate');
  allowKinds(fn, ['certificates'], 'iot:DescribeCertificate');
};

/** Shuts trust anchors out and lets them in again, where one was deleted by hand by registering it; and finds what they signed. */
export const allowSweepingAnchors = (fn: OnboardingFunction): void => {
  allowKinds(fn, ['anchors'], 'iot:DescribeCACertificate', 'iot:UpdateCACertificate', 'iot:DeleteCACertificate');
  allowKinds(fn, ['anchors'], 'iot:TagResource');
  fn.allowAnyResource('iot:ListCertificatesByCA', 'iot:RegisterCACertificate');
};

/** Turns on the account's event messages. */
export const allowEventMessages = (fn: OnboardingFunction): void => {
  fn.allowAnyResource('iot:UpdateEventConfigurations');
};
