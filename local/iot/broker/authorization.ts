// Whether the policies of a client's certificate and of its thing's groups permit an action, read at every use.

import { authorize, policyContext } from '#domain/iot-policy.ts';
import { type PolicyDocument, parsePolicy } from '#domain/iot-policy-document.ts';
import type { DeviceCertificate, IotState, PolicyVersion, Thing } from '../state.ts';
import type { BrokerService } from './service.ts';

export type Principal = {
  readonly certificate: DeviceCertificate;
  /** from `certificateVariables` */
  readonly variables: Readonly<Record<string, string | string[]>>;
  readonly clientId: string;
  readonly sourceIp: string;
};

export type ConnectAttribute = 'PersistentConnect' | 'LastWill';
export type Action = 'iot:Connect' | 'iot:Publish' | 'iot:RetainPublish' | 'iot:Subscribe' | 'iot:Receive';

/**
 * @param resource `client/…`, `topic/…` or `topicfilter/…`
 * @param connectAttributes what the CONNECT asks for beyond a plain session
 */
export const permits = (
  { state, region, accountId, log }: BrokerService,
  principal: Principal,
  action: Action,
  resource: string,
  connectAttributes: readonly ConnectAttribute[] = [],
): boolean => {
  const { certificate, clientId } = principal;
  const thing = thingOf(state, certificate, clientId);
  const attached = thing !== null && certificate.things.has(thing.name);
  const documents: PolicyDocument[] = [];
  for (const name of [...certificate.policies, ...(attached ? groupPolicies(state, thing) : [])]) {
    const document = documentOf(state, name);
    // What cannot be understood might deny: nothing is allowed beside it.
    if (document === null) {
      log({ event: 'policy-unreadable', clientId, detail: name });
      return false;
    }
    documents.push(document);
  }
  const context = policyContext({
    ...principal.variables,
    'iot:ClientId': clientId,
    'aws:SourceIp': principal.sourceIp,
    'iot:ConnectAttributes': connectAttributes.length > 0 ? connectAttributes : null,
    'iot:Connection.Thing.IsAttached': String(attached),
    'iot:Connection.Thing.ThingName': thing?.name ?? null,
    ...thingAttributes(thing),
  });
  return authorize({ action, resource: `arn:aws:iot:${region}:${accountId}:${resource}` }, documents, context).allowed;
};

/** A retained message needs `iot:RetainPublish` beside `iot:Publish` (AWS IoT guide, Retained message policy examples). */
export const mayPublish = (service: BrokerService, principal: Principal, topic: string, retain: boolean): boolean =>
  permits(service, principal, 'iot:Publish', `topic/${topic}`) &&
  (!retain || permits(service, principal, 'iot:RetainPublish', `topic/${topic}`));

/** The thing that a certificate is exclusively attached to, whatever the client id (AWS IoT guide, Exclusive thing). */
export const exclusiveThingOf = ({ things }: DeviceCertificate): string | null =>
  [...things].find(([, type]) => type === 'EXCLUSIVE_THING')?.[0] ?? null;

/** Without an exclusive thing it is the one whose name is the client id (AWS IoT guide, Thing policy variables). */
const thingOf = (state: IotState, certificate: DeviceCertificate, clientId: string): Thing | null =>
  state.things.get(exclusiveThingOf(certificate) ?? clientId) ?? null;

const thingAttributes = (thing: Thing | null): Record<string, string> =>
  Object.fromEntries(
    Object.entries(thing?.attributes ?? {}).map(([name, value]) => [`iot:Connection.Thing.Attributes[${name}]`, value]),
  );

/** Policies of the thing's groups and of their parents. */
const groupPolicies = (state: IotState, thing: Thing): Set<string> => {
  const policies = new Set<string>();
  for (const name of thing.groups) {
    for (let group = state.groups.get(name); group; group = parentOf(state, group.parent)) {
      for (const policy of group.policies) policies.add(policy);
    }
  }
  return policies;
};

const parentOf = (state: IotState, name: string | null) => (name === null ? undefined : state.groups.get(name));

// A version never changes, so its parsed form can be kept as long as the version itself.
const parsedVersions = new WeakMap<PolicyVersion, PolicyDocument | null>();

/** The default version of a policy; null when there is none, or the evaluator does not understand it. */
const documentOf = (state: IotState, policyName: string): PolicyDocument | null => {
  const policy = state.policies.get(policyName);
  const version = policy?.versions.find(({ id }) => id === policy.defaultVersionId);
  if (!version) return null;
  const known = parsedVersions.get(version);
  if (known !== undefined) return known;
  const parsed = parsePolicy(version.document);
  const document = parsed.ok ? parsed.value : null;
  parsedVersions.set(version, document);
  return document;
};
