// Names of what lives in AWS IoT Core: made by the functions, permitted by prefix in the stacks.

import type { PermissionSet } from '#domain/permission-set.ts';

const PREFIX = 'vestibule';

type Named = Pick<PermissionSet, 'id'>;

/** Root thing group that carries a permission set, `vestibule:acme:eu1`. */
export const thingGroupName = (set: Named): string => `${PREFIX}:${set.id.replace('.', ':')}`;
/** IoT policy of a permission set, `vestibule.acme.eu1`. */
export const policyName = (set: Named): string => `${PREFIX}.${set.id}`;

/** Topic rules are the only IoT resources of the stacks; their names admit no hyphen (CreateTopicRule). */
export const RULE = { jitr: `${PREFIX}_jitr`, presence: `${PREFIX}_presence` } as const;

/** Resource parts of IAM ARNs, `arn:<partition>:iot:<region>:<account>:` before them. */
export const IOT_RESOURCE = {
  certificates: 'cert/*',
  anchors: 'cacert/*',
  things: 'thing/*',
  thingGroups: `thinggroup/${PREFIX}:*`,
  policies: `policy/${PREFIX}.*`,
} as const;
