// What every device of a permission set may do, whatever its roles: connect with its own client id, and exchange the
// topics of its naming profile.

import type { NamingProfile } from './naming.ts';
import type { PermissionSet } from './permission-set.ts';

export type ArnParts = { readonly partition: string; readonly region: string; readonly accountId: string };

export type PolicyStatement = {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
};

// Only a thing that the certificate is attached to has a name here, and the name cannot hold a wildcard
// (AWS IoT guide, Thing policy variables); `${iot:ClientId}` is whatever the client says.
const CLIENT_ID = `\${iot:Connection.Thing.ThingName}`;
const TENANT = `\${iot:Connection.Thing.Attributes[tenant]}`;

/** @param path `topic/a/{clientId}/*`: IoT Core puts the device's own in the place of the placeholders */
export const policyResource = (arn: ArnParts, path: string): string => {
  const resource = path.replaceAll('{clientId}', () => CLIENT_ID).replaceAll('{tenant}', () => TENANT);
  return `arn:${arn.partition}:iot:${arn.region}:${arn.accountId}:${resource}`;
};

/** Prefixes of the topics that the device may publish and read: everything below them, not they themselves. */
type Topics = { readonly publish: string; readonly read: string };

const topicsOf = (profile: NamingProfile, tenant: string): Topics | null => {
  switch (profile) {
    case 'eu1':
    case 'private-cloud':
      return { publish: `tc/${tenant}/{clientId}/o`, read: `tc/${tenant}/{clientId}/i` };
    case 'eu2':
      return { publish: 'devices/{clientId}/messages/events', read: 'devices/{clientId}/messages/devicebound' };
    case 'connectware':
    case 'template':
      return null;
  }
};

/** The topic patterns of the naming profile, as a permission would say them. */
export const profilePatterns = ({ profile, tenant }: PermissionSet): Topics | null => {
  const topics = topicsOf(profile, tenant);
  return topics && { publish: `${topics.publish}/+/#`, read: `${topics.read}/+/#` };
};

/** The statements that the first document of every permission set begins with (P-01 to P-03). */
export const baseStatements = (set: PermissionSet, arn: ArnParts): readonly PolicyStatement[] => {
  const connect: PolicyStatement = {
    Effect: 'Allow',
    Action: 'iot:Connect',
    Resource: policyResource(arn, 'client/{clientId}'),
    Condition: {
      Bool: { 'iot:Connection.Thing.IsAttached': 'true' },
      // without it neither a persistent session nor a last will is granted (AWS IoT guide, MQTT)
      'ForAllValues:StringEquals': { 'iot:ConnectAttributes': ['PersistentConnect', 'LastWill'] },
    },
  };
  const topics = topicsOf(set.profile, set.tenant);
  if (topics === null) return [connect];
  return [
    connect,
    { Effect: 'Allow', Action: 'iot:Publish', Resource: policyResource(arn, `topic/${topics.publish}/*`) },
    { Effect: 'Allow', Action: 'iot:Subscribe', Resource: policyResource(arn, `topicfilter/${topics.read}/*`) },
    // checked at every delivery, so that a wide filter never delivers what is another device's
    { Effect: 'Allow', Action: 'iot:Receive', Resource: policyResource(arn, `topic/${topics.read}/*`) },
  ];
};
