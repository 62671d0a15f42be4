// Names of what lives in AWS IoT Core: made by the functions, permitted by prefix in the stacks.

import type { PermissionSet } from '#domain/permission-set.ts';

const PREFIX = 'vestibule';

type Named = Pick<PermissionSet, 'id'>;

/** A thing group carries at most 2 policies (AWS General Reference, AWS IoT Core quotas). */
export const POLICIES_PER_GROUP = 2;
/** 10 documents at most: five groups, one within the other. */
export const POLICY_LIMIT = 10;

/** Tenant and profile alone are one document for good; what roles add may grow to ten. */
const groupsOf = ({ id }: Named): number => (id.split('.').length > 2 ? POLICY_LIMIT / POLICIES_PER_GROUP : 1);

/**
 * Thing groups that carry a permission set, from the root to the leaf that its things join, `vestibule:acme:eu1`. All of
 * them are made at once: the leaf stays the leaf, so that no edit of a role moves a device.
 */
export const thingGroupNames = (set: Named): readonly [string, ...string[]] => {
  const root = `${PREFIX}:${set.id.replaceAll('.', ':')}`;
  return [root, ...Array.from({ length: groupsOf(set) - 1 }, (_, level) => `${root}:${level + 2}`)];
};
/** The group that the things of a permission set join. */
export const leafGroupName = (set: Named): string => thingGroupNames(set).at(-1) ?? thingGroupNames(set)[0];

/** IoT policy of one document of a permission set, counted from 0: `vestibule.acme.eu1`, then `….2`. */
export const policyName = (set: Named, document = 0): string =>
  `${PREFIX}.${set.id}${document === 0 ? '' : `.${document + 1}`}`;

/** Topic rules are the only IoT resources of the stacks; their names admit no hyphen (CreateTopicRule). */
export const RULE = { jitr: `${PREFIX}_jitr`, presence: `${PREFIX}_presence` } as const;

/** Resource parts of IAM ARNs, `arn:<partition>:iot:<region>:<account>:` before them. */
export const IOT_RESOURCE = {
  certificates: 'cert/*',
  anchors: 'cacert/*',
  things: 'thing/*',
  clients: 'client/*',
  thingGroups: `thinggroup/${PREFIX}:*`,
  policies: `policy/${PREFIX}.*`,
} as const;
