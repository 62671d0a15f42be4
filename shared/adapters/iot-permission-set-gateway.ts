// Permission sets in IoT Core: thing groups, one in the other, whose policies the things of the leaf take their rights from.

import {
  AttachPolicyCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateThingGroupCommand,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  DeleteThingGroupCommand,
  DetachPolicyCommand,
  GetPolicyCommand,
  type IoTClient,
  ListPolicyVersionsCommand,
  type PolicyVersion,
} from '@aws-sdk/client-iot';
import { TransientError } from '#domain/errors.ts';
import type { PermissionSet } from '#domain/permission-set.ts';
import { inReplacementOrder, type Replacement } from '#domain/replacement-order.ts';
import { POLICIES_PER_GROUP, policyName, thingGroupNames } from '#names/iot.ts';
import type { PermissionSetGateway } from '#ports/iot-gateways.ts';
import { type ArnParts, iotArn } from './iot-arn.ts';
import { awsCall, isNamed } from './sdk-errors.ts';

/**
 * Waits for a call; null in place of the error of that name. A policy counts as attached for up to five minutes after it
 * was detached (AWS IoT API reference, DetachPolicy), and a version may become the default before it is deleted: such a
 * conflict is one to repeat.
 */
const callUnless = async <Output>(name: string, what: string, call: Promise<Output>): Promise<Output | null> => {
  try {
    return await awsCall(what, call);
  } catch (error) {
    if (isNamed(error, name)) return null;
    if (isNamed(error, 'DeleteConflictException'))
      throw new TransientError(`${what} failed with ${error.name}: ${error.message}`, { cause: error });
    throw error;
  }
};
const EXISTS = 'ResourceAlreadyExistsException';
const GONE = 'ResourceNotFoundException';

const sameDocument = (a: string, b: string): boolean => JSON.stringify(JSON.parse(a)) === JSON.stringify(JSON.parse(b));

/** A policy of the set, and the group that carries it. */
type Place = { readonly policy: string; readonly group: string };

/** Every policy that the set may have. They are made from the first and deleted from the last, so none stands after a gap. */
const placesOf = (set: PermissionSet): readonly Place[] => {
  const carriers = thingGroupNames(set).flatMap((group) => Array.from({ length: POLICIES_PER_GROUP }, () => group));
  return carriers.map((group, index) => ({ policy: policyName(set, index), group }));
};

export const iotPermissionSetGateway = (client: IoTClient, arn: ArnParts): PermissionSetGateway => {
  const targetOf = (group: string) => iotArn(arn, `thinggroup/${group}`);

  const makeGroups = async (set: PermissionSet): Promise<void> => {
    let parentGroupName: string | undefined;
    for (const thingGroupName of thingGroupNames(set)) {
      const command = new CreateThingGroupCommand({ thingGroupName, parentGroupName });
      await callUnless(EXISTS, 'iot:CreateThingGroup', client.send(command));
      parentGroupName = thingGroupName;
    }
  };

  const documentOf = async (policy: string): Promise<string | null> => {
    const command = new GetPolicyCommand({ policyName: policy });
    const found = await callUnless(GONE, 'iot:GetPolicy', client.send(command));
    if (found === null) return null;
    if (found.policyDocument === undefined)
      throw new Error(`expected iot:GetPolicy to answer with the document of ${policy}`);
    return found.policyDocument;
  };

  const versionsOf = async (policy: string): Promise<readonly PolicyVersion[] | null> => {
    const command = new ListPolicyVersionsCommand({ policyName: policy });
    const found = await callUnless(GONE, 'iot:ListPolicyVersions', client.send(command));
    return found === null ? null : (found.policyVersions ?? []);
  };

  const deleteVersion = async (policy: string, { versionId }: PolicyVersion): Promise<void> => {
    const command = new DeletePolicyVersionCommand({ policyName: policy, policyVersionId: versionId });
    await callUnless(GONE, 'iot:DeletePolicyVersion', client.send(command));
  };

  /** False when there is no room for one more. */
  const addVersion = async (policy: string, policyDocument: string): Promise<boolean> => {
    const command = new CreatePolicyVersionCommand({ policyName: policy, policyDocument, setAsDefault: true });
    const call = client.send(command);
    return (await callUnless('VersionsLimitExceededException', 'iot:CreatePolicyVersion', call)) !== null;
  };

  const replaceDocument = async (policy: string, document: string): Promise<void> => {
    if (await addVersion(policy, document)) return;
    // a policy has at most 5 versions (AWS IoT API reference, CreatePolicyVersion)
    const [oldest] = ((await versionsOf(policy)) ?? [])
      .filter(({ isDefaultVersion }) => isDefaultVersion !== true)
      .toSorted((a, b) => Number(a.versionId) - Number(b.versionId));
    if (oldest !== undefined) await deleteVersion(policy, oldest);
    if (!(await addVersion(policy, document)))
      throw new TransientError(`policy ${policy} has no room for a version: others were made at the same time`);
  };

  /** From the first one on: behind one that does not exist there is none. */
  const standingDocuments = async (places: readonly Place[]): Promise<readonly string[]> => {
    const documents: string[] = [];
    for (const { policy } of places) {
      const document = await documentOf(policy);
      if (document === null) break;
      documents.push(document);
    }
    return documents;
  };

  const bringPolicyTo = async (policy: string, { standing, wanted }: Replacement): Promise<void> => {
    let current = standing ?? null;
    if (current === null) {
      const command = new CreatePolicyCommand({ policyName: policy, policyDocument: wanted });
      if ((await callUnless(EXISTS, 'iot:CreatePolicy', client.send(command))) !== null) return;
      current = await documentOf(policy);
    }
    if (current === null || !sameDocument(current, wanted)) await replaceDocument(policy, wanted);
  };

  const attach = async ({ policy, group }: Place): Promise<void> => {
    // attaching twice is attaching once, and a list of what is attached may be behind
    const command = new AttachPolicyCommand({ policyName: policy, target: targetOf(group) });
    await awsCall('iot:AttachPolicy', client.send(command));
  };

  const detach = async ({ policy, group }: Place): Promise<void> => {
    const command = new DetachPolicyCommand({ policyName: policy, target: targetOf(group) });
    await callUnless(GONE, 'iot:DetachPolicy', client.send(command));
  };

  const deletePolicy = async (policy: string, versions: readonly PolicyVersion[]): Promise<void> => {
    // a policy with other versions than the default is not deleted (AWS IoT API reference, DeletePolicy)
    for (const version of versions) if (version.isDefaultVersion !== true) await deleteVersion(policy, version);
    const command = new DeletePolicyCommand({ policyName: policy });
    await callUnless(GONE, 'iot:DeletePolicy', client.send(command));
  };

  return {
    ensure: async (set, documents) => {
      const places = placesOf(set);
      if (documents.length > places.length)
        throw new Error(`expected at most ${places.length} documents of ${set.id}, got ${documents.length}`);
      await makeGroups(set);
      const standing = await standingDocuments(places);
      const replacements = places.flatMap((place, index) => {
        const wanted = documents[index];
        return wanted === undefined ? [] : [{ place, standing: standing[index], wanted }];
      });
      for (const replacement of inReplacementOrder(replacements)) {
        await bringPolicyTo(replacement.place.policy, replacement);
        await attach(replacement.place);
      }
      for (const place of places.slice(documents.length, standing.length)) await detach(place);
    },

    remove: async (set) => {
      const standing: { place: Place; versions: readonly PolicyVersion[] }[] = [];
      for (const place of placesOf(set)) {
        const versions = await versionsOf(place.policy);
        if (versions === null) break;
        standing.push({ place, versions });
      }
      for (const { place } of standing) await detach(place);
      for (const { place, versions } of standing.toReversed()) await deletePolicy(place.policy, versions);
      // a group that has groups in it is not deleted (AWS IoT guide, Static thing groups)
      for (const thingGroupName of thingGroupNames(set).toReversed()) {
        const command = new DeleteThingGroupCommand({ thingGroupName });
        await callUnless(GONE, 'iot:DeleteThingGroup', client.send(command));
      }
    },
  };
};
