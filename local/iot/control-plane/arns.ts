// ARNs of the account that the embedded IoT Core plays.

import { invalidRequest } from '../rest-json/errors.ts';

export type Arns = {
  readonly of: (
    type: 'cert' | 'cacert' | 'domainconfiguration' | 'thing' | 'thinggroup' | 'policy',
    name: string,
  ) => string;
  /** @throws InvalidRequestException when it is not an ARN of this account, Region and type */
  readonly nameIn: (arn: string, type: 'cacert' | 'cert' | 'thing' | 'thinggroup') => string;
  /** Type and name of a policy target. */
  readonly target: (arn: string) => { readonly type: 'cert' | 'thinggroup'; readonly name: string };
};

export const arnsOf = (partition: string, region: string, accountId: string): Arns => {
  const prefix = `arn:${partition}:iot:${region}:${accountId}:`;
  const split = (arn: string) => {
    const slash = arn.indexOf('/');
    if (!arn.startsWith(prefix) || slash < 0)
      throw invalidRequest(`Invalid ARN: ${arn.slice(0, 128)} (expected one under ${prefix})`);
    return { type: arn.slice(prefix.length, slash), name: arn.slice(slash + 1) };
  };
  return {
    of: (type, name) => `${prefix}${type}/${name}`,
    nameIn: (arn, type) => {
      const given = split(arn);
      if (given.type !== type) throw invalidRequest(`Invalid ARN: ${arn.slice(0, 128)} (expected a ${type})`);
      return given.name;
    },
    target: (arn) => {
      const { type, name } = split(arn);
      if (type !== 'cert' && type !== 'thinggroup')
        throw invalidRequest(`a policy is attached to a certificate or a thing group, not to ${arn.slice(0, 128)}`);
      return { type, name };
    },
  };
};
