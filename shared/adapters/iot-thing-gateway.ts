// Things in IoT Core: one a device, with its certificate and its permission set.

import {
  AddThingToThingGroupCommand,
  AttachThingPrincipalCommand,
  CreateThingCommand,
  type IoTClient,
  RemoveThingFromThingGroupCommand,
} from '@aws-sdk/client-iot';
import { leafGroupName } from '#names/iot.ts';
import type { ThingGateway } from '#ports/iot-gateways.ts';
import { type ArnParts, iotArn } from './iot-arn.ts';
import { awsCall, isNamed } from './sdk-errors.ts';

export const iotThingGateway = (client: IoTClient, arn: ArnParts): ThingGateway => ({
  create: async ({ name, tenant, cn }) => {
    try {
      const command = new CreateThingCommand({ thingName: name, attributePayload: { attributes: { tenant, cn } } });
      await awsCall('iot:CreateThing', client.send(command));
      return 'ready';
    } catch (error) {
      // the same name with the same attributes succeeds (AWS IoT API reference, CreateThing): this thing is another's
      if (isNamed(error, 'ResourceAlreadyExistsException')) return 'taken';
      throw error;
    }
  },

  attachCertificate: async (thing, certificate) => {
    const command = new AttachThingPrincipalCommand({
      thingName: thing,
      principal: iotArn(arn, `cert/${certificate}`),
      thingPrincipalType: 'EXCLUSIVE_THING',
    });
    await awsCall('iot:AttachThingPrincipal', client.send(command));
  },

  joinPermissionSet: async (thing, permissionSetId) => {
    const command = new AddThingToThingGroupCommand({
      thingGroupName: leafGroupName({ id: permissionSetId }),
      thingName: thing,
    });
    await awsCall('iot:AddThingToThingGroup', client.send(command));
  },

  leavePermissionSet: async (thing, permissionSetId) => {
    const command = new RemoveThingFromThingGroupCommand({
      thingGroupName: leafGroupName({ id: permissionSetId }),
      thingName: thing,
    });
    try {
      await awsCall('iot:RemoveThingFromThingGroup', client.send(command));
    } catch (error) {
      // no such thing, or no such group any more
      if (!isNamed(error, 'ResourceNotFoundException')) throw error;
    }
  },
});
