// A broker of its own for a test: an empty registry, a clock to set, and every message of the bus on record.

import { type Broker, type BrokerOptions, startBroker } from '#local/iot/broker/broker.ts';
import type { BrokerLogEntry } from '#local/iot/broker/service.ts';
import { createMessageBus, type Message, type MessageBus } from '#local/iot/message-bus.ts';
import { createServerIdentity } from '#local/iot/server-identity.ts';
import { type CertificateStatus, type DeviceCertificate, emptyIotState, type IotState } from '#local/iot/state.ts';
import { topicMatches } from '#local/iot/topic-filter.ts';
import type { TestCa, TestDevice } from '#support/certificates.ts';
import type { Endpoint } from '#support/mqtt-device.ts';

const DEADLINE_MS = 5000;
export const ACCOUNT = { region: 'eu-central-1', accountId: '123456789012' } as const;
export const arn = (resource: string) => `arn:aws:iot:${ACCOUNT.region}:${ACCOUNT.accountId}:${resource}`;

export type Recorded = { readonly message: Message; readonly body: Record<string, unknown> };

export type TestBroker = Endpoint & {
  readonly broker: Broker;
  readonly state: IotState;
  readonly bus: MessageBus;
  readonly log: readonly BrokerLogEntry[];
  /** what `clock` says; set it to move time */
  now: number;
  /** Messages on topics of this filter so far. */
  events(filter: string): Recorded[];
  /** The same, once there are so many. */
  eventually(filter: string, count?: number): Promise<Recorded[]>;
  /** Registers a CA with auto-registration. */
  trust(ca: TestCa): void;
  /** Registers a certificate with a policy of these statements on itself. */
  admit(device: TestDevice, statements: readonly object[], status?: CertificateStatus): DeviceCertificate;
  [Symbol.asyncDispose](): Promise<void>;
};

export const allow = (
  action: string | readonly string[],
  resource: string | readonly string[],
  condition?: object,
) => ({
  Effect: 'Allow',
  Action: action,
  Resource: resource,
  ...(condition && { Condition: condition }),
});
export const ALLOW_ALL = allow('iot:*', '*');

const bodyOf = ({ payload }: Message): Record<string, unknown> => {
  const text = Buffer.from(payload).toString();
  return text.startsWith('{') ? JSON.parse(text) : { text };
};

export const aBroker = async (options: Partial<BrokerOptions> = {}): Promise<TestBroker> => {
  const state = emptyIotState();
  const bus = createMessageBus();
  const log: BrokerLogEntry[] = [];
  const recorded: Message[] = [];
  const watchers = new Set<() => void>();
  bus.subscribe((message) => {
    recorded.push(message);
    for (const watch of watchers) watch();
  });
  const identity = await createServerIdentity(Date.now());
  const broker = await startBroker({
    state,
    bus,
    clock: () => test.now,
    tls: identity,
    host: '127.0.0.1',
    port: 0,
    ...ACCOUNT,
    log: (entry) => log.push(entry),
    ...options,
  });

  const test: TestBroker = {
    broker,
    state,
    bus,
    log,
    now: Date.UTC(2026, 0, 31, 12),
    port: broker.port,
    ca: identity.ca,
    events: (filter) =>
      recorded
        .filter((message) => topicMatches(filter, message.topic))
        .map((message) => ({ message, body: bodyOf(message) })),
    eventually: async (filter, count = 1) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          watchers.delete(watch);
          reject(new Error(`${filter}: ${test.events(filter).length} of ${count} within ${DEADLINE_MS} ms`));
        }, DEADLINE_MS);
        const watch = () => {
          const found = test.events(filter);
          if (found.length < count) return;
          clearTimeout(timer);
          watchers.delete(watch);
          resolve(found);
        };
        watchers.add(watch);
        watch();
      }),
    trust: ({ id, pem }) => {
      state.cas.set(id, {
        id,
        pem,
        mode: 'SNI_ONLY',
        status: 'ACTIVE',
        autoRegistration: 'ENABLE',
        tags: {},
        createdAt: test.now,
        lastModifiedAt: test.now,
      });
    },
    admit: ({ id, pem }, statements, status = 'ACTIVE') => {
      const certificate: DeviceCertificate = {
        id,
        pem,
        caId: null,
        status,
        createdAt: test.now,
        lastModifiedAt: test.now,
        policies: new Set([`policy-${id}`]),
        things: new Map(),
      };
      state.certificates.set(id, certificate);
      setPolicy(state, `policy-${id}`, statements);
      return certificate;
    },
    [Symbol.asyncDispose]: async () => broker.stop(),
  };
  return test;
};

/** Makes the policy, or a new default version of it. */
export const setPolicy = (state: IotState, name: string, statements: readonly object[]): void => {
  const policy = state.policies.get(name) ?? { name, versions: [], defaultVersionId: '' };
  const id = String(policy.versions.length + 1);
  policy.versions.push({
    id,
    document: JSON.stringify({ Version: '2012-10-17', Statement: statements }),
    createdAt: 0,
  });
  policy.defaultVersionId = id;
  state.policies.set(name, policy);
};
