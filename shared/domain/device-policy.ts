// The AWS IoT policy of a permission set: connect with the own client id, and the topics of the naming profile.

import type { NamingProfile } from './naming.ts';
import type { PermissionSet } from './permission-set.ts';

type ArnParts = { readonly partition: string; readonly region: string; readonly accountId: string };
/** Topic prefixes that the device may publish and read under, without the final wildcard. */
type Topics = { readonly publish: string; readonly read: string };

// Only a thing that the certificate is attached to has a name here, and the name cannot hold a wildcard
// (AWS IoT guide, Thing policy variables); `${iot:ClientId}` is whatever the client says.
const CLIENT_ID = `\${iot:Connection.Thing.ThingName}`;

const topicsOf = (profile: NamingProfile, tenant: string): Topics | null => {
  switch (profile) {
    case 'eu1':
    case 'private-cloud':
      return { publish: `tc/${tenant}/${CLIENT_ID}/o`, read: `tc/${tenant}/${CLIENT_ID}/i` };
    case 'eu2':
      return {
        publish: `devices/${CLIENT_ID}/messages/events`,
        read: `devices/${CLIENT_ID}/messages/devicebound`,
      };
    case 'connectware':
    case 'template':
      return null;
  }
};

/** One policy document as JSON, well below the 2,048 characters that AWS IoT allows one (P-01 to P-03). */
export const policyDocument = (set: PermissionSet, arn: ArnParts): string => {
  const resource = (path: string): string => `arn:${arn.partition}:iot:${arn.region}:${arn.accountId}:${path}`;
  const connect = {
    Effect: 'Allow',
    Action: 'iot:Connect',
    Resource: resource(`client/${CLIENT_ID}`),
    Condition: {
      Bool: { 'iot:Connection.Thing.IsAttached': 'true' },
      // without it neither a persistent session nor a last will is granted (AWS IoT guide, MQTT)
      'ForAllValues:StringEquals': { 'iot:ConnectAttributes': ['PersistentConnect', 'LastWill'] },
    },
  };
  const topics = topicsOf(set.profile, set.tenant);
  const exchange = topics
    ? [
        { Effect: 'Allow', Action: 'iot:Publish', Resource: resource(`topic/${topics.publish}/*`) },
        { Effect: 'Allow', Action: 'iot:Subscribe', Resource: resource(`topicfilter/${topics.read}/*`) },
        // checked at every delivery, so that a wide filter never delivers what is another device's
        { Effect: 'Allow', Action: 'iot:Receive', Resource: resource(`topic/${topics.read}/*`) },
      ]
    : [];
  return JSON.stringify({ Version: '2012-10-17', Statement: [connect, ...exchange] });
};
