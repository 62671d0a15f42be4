// A device with an MQTT client: one attempt to connect at a time, and what the broker made of it.

import { connect, type MqttClient } from 'mqtt';
import type { DeviceFiles } from './factory.ts';

export type Broker = { readonly host: string; readonly port: number; readonly serverCa: string };
/** 4 is MQTT 3.1.1, as in its CONNECT packet. */
export type MqttVersion = 4 | 5;

export type Session = {
  /** Settles when the connection is closed, by whichever side. */
  readonly ended: Promise<void>;
  readonly isOpen: () => boolean;
  /** Whether the broker acknowledged it (QoS 1); false as well when it closes the connection instead. */
  publish(topic: string): Promise<boolean>;
  subscribe(filter: string): Promise<boolean>;
  close(): Promise<void>;
};

export type Attempt = { readonly session: Session } | { readonly session: null; readonly refusal: string };

const TIMEOUT_MS = 10_000;
/** MQTT 3.1.1 §3.9.3, MQTT 5 §3.9.3: from here on a SUBACK code is a failure. */
const SUBACK_FAILURE = 0x80;

const sessionOf = (client: MqttClient, ended: Promise<void>): Session => {
  let open = true;
  const lost = ended.then(() => {
    open = false;
    return false;
  });
  const unlessLost = (request: Promise<boolean>): Promise<boolean> => Promise.race([request.catch(() => false), lost]);
  return {
    ended,
    isOpen: () => open,
    publish: (topic) => unlessLost(client.publishAsync(topic, '{"value":21.5}', { qos: 1 }).then(() => true)),
    subscribe: (filter) =>
      unlessLost(
        client
          .subscribeAsync(filter, { qos: 1 })
          .then((grants) => grants.length > 0 && grants.every(({ qos }) => qos < SUBACK_FAILURE)),
      ),
    close: () => client.endAsync(true),
  };
};

/** Sends one CONNECT over TLS with the device's certificate, and waits for what becomes of it. */
export const connectOnce = async (
  { host, port, serverCa }: Broker,
  { chain, key }: Pick<DeviceFiles, 'chain' | 'key'>,
  clientId: string,
  protocolVersion: MqttVersion,
): Promise<Attempt> => {
  const client = connect({
    protocol: 'mqtts',
    host,
    port,
    ca: serverCa,
    cert: chain,
    key,
    clientId,
    protocolVersion,
    reconnectPeriod: 0,
    connectTimeout: TIMEOUT_MS,
  });
  let refusal = 'closed without CONNACK';
  client.on('packetreceive', (packet) => {
    if (packet.cmd === 'connack') refusal = `CONNACK ${packet.reasonCode ?? packet.returnCode ?? 0}`;
  });
  client.on('error', (error) => {
    // A TLS failure is no refusal of ours: it would hide that the demo cannot reach the broker at all.
    if ('code' in error && typeof error.code === 'string') refusal = error.code;
  });
  const ended = new Promise<void>((resolve) => client.once('close', resolve));
  const accepted = await Promise.race([
    new Promise<boolean>((resolve) => client.once('connect', () => resolve(true))),
    ended.then(() => false),
  ]);
  if (accepted) return { session: sessionOf(client, ended) };
  await client.endAsync(true);
  return { session: null, refusal };
};
