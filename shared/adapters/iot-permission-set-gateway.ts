// Permission sets in IoT Core: a root thing group with one policy attached, which its things take their rights from.

import {
  AttachPolicyCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateThingGroupCommand,
  DeletePolicyVersionCommand,
  GetPolicyCommand,
  type IoTClient,
  ListPolicyVersionsCommand,
} from '@aws-sdk/client-iot';
import { thingGroupName as nameOfGroup, policyName as nameOfPolicy } from '#names/iot.ts';
import type { PermissionSetGateway } from '#ports/iot-gateways.ts';
import { type ArnParts, iotArn } from './iot-arn.ts';
import { awsCall, isNamed } from './sdk-errors.ts';

/** False when the resource was there before. */
const created = async (what: string, call: Promise<unknown>): Promise<boolean> => {
  try {
    await awsCall(what, call);
    return true;
  } catch (error) {
    if (isNamed(error, 'ResourceAlreadyExistsException')) return false;
    throw error;
  }
};

const sameDocument = (a: string, b: string): boolean => JSON.stringify(JSON.parse(a)) === JSON.stringify(JSON.parse(b));

export const iotPermissionSetGateway = (client: IoTClient, arn: ArnParts): PermissionSetGateway => {
  const addVersion = async (policyName: string, policyDocument: string) => {
    const command = new CreatePolicyVersionCommand({ policyName, policyDocument, setAsDefault: true });
    await awsCall('iot:CreatePolicyVersion', client.send(command));
  };

  const removeOldestVersion = async (policyName: string) => {
    const command = new ListPolicyVersionsCommand({ policyName });
    const { policyVersions = [] } = await awsCall('iot:ListPolicyVersions', client.send(command));
    const [oldest] = policyVersions
      .filter((version) => version.isDefaultVersion !== true)
      .toSorted((a, b) => Number(a.versionId) - Number(b.versionId));
    if (oldest === undefined) throw new Error(`expected a version of policy ${policyName} that is not the default`);
    const removal = new DeletePolicyVersionCommand({ policyName, policyVersionId: oldest.versionId });
    await awsCall('iot:DeletePolicyVersion', client.send(removal));
  };

  const bringPolicyTo = async (policyName: string, policyDocument: string) => {
    const command = new GetPolicyCommand({ policyName });
    const current = await awsCall('iot:GetPolicy', client.send(command));
    if (current.policyDocument !== undefined && sameDocument(current.policyDocument, policyDocument)) return;
    try {
      await addVersion(policyName, policyDocument);
    } catch (error) {
      // a policy has at most 5 versions (AWS IoT API reference, CreatePolicyVersion)
      if (!isNamed(error, 'VersionsLimitExceededException')) throw error;
      await removeOldestVersion(policyName);
      await addVersion(policyName, policyDocument);
    }
  };

  return {
    ensure: async (set, policyDocument) => {
      const policyName = nameOfPolicy(set);
      const thingGroupName = nameOfGroup(set);
      await created('iot:CreateThingGroup', client.send(new CreateThingGroupCommand({ thingGroupName })));
      const policy = new CreatePolicyCommand({ policyName, policyDocument });
      if (!(await created('iot:CreatePolicy', client.send(policy)))) await bringPolicyTo(policyName, policyDocument);
      // attaching twice is attaching once
      const attachment = new AttachPolicyCommand({ policyName, target: iotArn(arn, `thinggroup/${thingGroupName}`) });
      await awsCall('iot:AttachPolicy', client.send(attachment));
    },
  };
};
