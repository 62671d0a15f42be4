// What every operation of the control plane works on.

import { notFound } from '../rest-json/errors.ts';
import type { CertificateStatus, DeviceCertificate, IotState } from '../state.ts';
import type { Arns } from './arns.ts';

export type Context = {
  readonly state: IotState;
  /** epoch milliseconds */
  readonly now: () => number;
  readonly accountId: string;
  readonly arns: Arns;
  /** host name of the MQTT endpoint */
  readonly endpointAddress: string;
  readonly registrationCode: string;
  readonly certificateChanged: (certificate: DeviceCertificate, previous: CertificateStatus) => void;
};

/** An input whose required members the wire has already seen to be there; the SDK's types allow `undefined` for them. */
export type Given<Input> = {
  [Member in keyof Input]: object extends Pick<Input, Member> ? Input[Member] : Exclude<Input[Member], undefined>;
};

const found = <Item>(item: Item | undefined, what: string, name: string): Item => {
  if (item === undefined) throw notFound(`${what} ${name.slice(0, 128)} does not exist`);
  return item;
};

/** @throws ResourceNotFoundException, as the ones below */
export const thingOf = ({ state }: Context, name: string) => found(state.things.get(name), 'thing', name);
export const groupOf = ({ state }: Context, name: string) => found(state.groups.get(name), 'thing group', name);
export const policyOf = ({ state }: Context, name: string) => found(state.policies.get(name), 'policy', name);
export const caOf = ({ state }: Context, id: string) => found(state.cas.get(id), 'CA certificate', id);
export const certificateOf = ({ state }: Context, id: string) => found(state.certificates.get(id), 'certificate', id);
export const principalOf = (context: Context, arn: string) => certificateOf(context, context.arns.nameIn(arn, 'cert'));
export const domainConfigurationOf = ({ state }: Context, name: string) =>
  found(state.domainConfigurations.get(name), 'domain configuration', name);
