// What every part of the broker works on: the registry, the bus, the clock, and who is connected.

import type { ClientRate } from '../client-rate.ts';
import type { MessageBus } from '../message-bus.ts';
import type { IotState } from '../state.ts';
import type { LifecycleEvents } from './lifecycle-events.ts';
import type { PreAuthentication } from './pre-authentication.ts';
import type { RetainedMessages } from './retained-messages.ts';
import type { Session } from './session.ts';

/** What the broker did and why, for a person who looks for the reason of a refusal. Never a certificate body. */
export type BrokerLogEntry = {
  readonly event: string;
  readonly clientId?: string;
  readonly certificateId?: string;
  readonly detail?: string;
};

/**
 * How what is not permitted is refused. `aws`: as AWS IoT does, which closes an MQTT 3.1.1 connection without a word.
 * `seed`: as brokers do that tell: CONNACK 5, SUBACK 0x80, and a publish that is acknowledged and dropped
 * ([MQTT-3.3.5-2]).
 */
export type Refusals = 'aws' | 'seed';

export type BrokerService = {
  readonly state: IotState;
  readonly bus: MessageBus;
  /** epoch milliseconds; stamps events, while keep-alive and timeouts run on real timers */
  readonly clock: () => number;
  readonly accountId: string;
  readonly region: string;
  /** Resolves when what was changed in the registry is durable. */
  readonly changed: () => Promise<void>;
  readonly log: (entry: BrokerLogEntry) => void;
  /** null lets clients connect as often as they like */
  readonly connectRate: ClientRate | null;
  readonly refusals: Refusals;
  readonly preAuthentication: PreAuthentication;
  readonly preAuthenticationTimeoutMs: number;
  readonly sessions: Map<string, Session>;
  readonly retained: RetainedMessages;
  readonly lifecycle: LifecycleEvents;
};
