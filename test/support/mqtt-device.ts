// A device under test: MQTT.js over mutual TLS, every wait with a deadline and an end.

import type { SecureContextOptions } from 'node:tls';
import mqtt, { type IClientOptions, type MqttClient, type Packet } from 'mqtt';
import type { TestDevice } from '#support/certificates.ts';

const DEADLINE_MS = 5000;

export type Endpoint = { readonly port: number /** PEM */; readonly ca: string };

/** How a device shows its certificate: without its CA, as `chainPem` of a device has it. */
export const presenting = ({ pem, keyPem }: Pick<TestDevice, 'pem' | 'keyPem'>) => ({ cert: pem, key: keyPem });

export type DeviceOptions = Endpoint & {
  /** PEM; leaf, or leaf and CA */
  readonly cert?: string;
  readonly key?: string;
  readonly clientId: string;
  /** @default 4, MQTT 3.1.1 */
  readonly protocolVersion?: 4 | 5;
  readonly more?: Partial<IClientOptions> & Pick<SecureContextOptions, 'ciphers' | 'maxVersion'>;
};

export type Received = {
  readonly topic: string;
  readonly text: string;
  readonly retain: boolean;
  readonly packet: Packet;
};

export type MqttDevice = {
  readonly client: MqttClient;
  /** reason or return code of each filter */
  subscribe(filters: string | readonly string[], qos?: 0 | 1 | 2): Promise<number[]>;
  /** @returns the reason code of PUBACK; 0 on MQTT 3.1.1 and for QoS 0 */
  publish(topic: string, text: string, options?: { qos?: 0 | 1 | 2; retain?: boolean }): Promise<number>;
  /** The next message that was not taken yet. */
  message(): Promise<Received>;
  /** How many messages have come and were not taken. */
  waiting(): number;
  /** Resolves when the connection is gone, with the reason code of a DISCONNECT, if one came. */
  closed(): Promise<number | null>;
  /** Leaves with DISCONNECT. */
  leave(): Promise<void>;
  /** Leaves as a device whose power fails. */
  vanish(): void;
};

/** How a CONNECT ended that did not succeed: the code of CONNACK, or null when there was none. */
export type RefusedConnect = { readonly connack: number | null };

const within = async <T>(promise: Promise<T>, what: string): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing within ${DEADLINE_MS} ms`)), DEADLINE_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
};

const open = ({ port, ca, cert, key, clientId, protocolVersion = 4, more }: DeviceOptions): MqttClient =>
  mqtt.connect({
    protocol: 'mqtts',
    host: '127.0.0.1',
    port,
    ca,
    // by name, so that SNI is sent: AWS IoT wants it of a leaf that comes without its CA
    servername: 'localhost',
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    clientId,
    protocolVersion,
    reconnectPeriod: 0,
    ...more,
  });

const attempt = async (options: DeviceOptions): Promise<{ client: MqttClient; connack: number | null }> => {
  const client = open(options);
  // A refusal is an outcome here, not an error: the packet and the closing say all there is to know.
  client.on('error', () => undefined);
  let connack: number | null = null;
  client.on('packetreceive', (packet) => {
    if (packet.cmd === 'connack') connack = packet.reasonCode ?? packet.returnCode ?? null;
  });
  const settled = new Promise<void>((resolve) => {
    client.once('connect', () => resolve());
    client.once('close', resolve);
  });
  await within(settled, `CONNECT as ${options.clientId}`);
  return { client, connack };
};

/** @throws Error when the broker lets the client in */
export const refusedConnect = async (options: DeviceOptions): Promise<RefusedConnect> => {
  const { client, connack } = await attempt(options);
  const { connected } = client;
  await client.endAsync(true);
  if (connected) throw new Error(`${options.clientId} was let in`);
  return { connack };
};

/** @throws Error when the broker does not let the client in */
export const connectDevice = async (options: DeviceOptions): Promise<MqttDevice> => {
  const { client, connack } = await attempt(options);
  if (!client.connected) throw new Error(`${options.clientId} was refused, CONNACK ${connack ?? 'none'}`);

  const inbox: Received[] = [];
  const takers: ((message: Received) => void)[] = [];
  client.on('message', (topic, payload, packet) => {
    const message = { topic, text: payload.toString(), retain: packet.retain, packet };
    const taker = takers.shift();
    if (taker) taker(message);
    else inbox.push(message);
  });

  let disconnectCode: number | null = null;
  client.on('disconnect', (packet) => {
    disconnectCode = packet.reasonCode ?? null;
  });
  const closed = new Promise<number | null>((resolve) => {
    client.once('close', () => resolve(disconnectCode));
  });
  /** MQTT.js leaves requests open for ever when the connection ends before the answer. */
  const answered = async <T>(request: Promise<T>, what: string): Promise<T> => {
    const cut = closed.then((code) => {
      throw new Error(`${what}: connection closed${code === null ? '' : `, DISCONNECT ${code}`}`);
    });
    cut.catch(() => undefined);
    return within(Promise.race([request, cut]), what);
  };

  return {
    client,
    subscribe: async (filters, qos = 0) => {
      const suback = new Promise<number[]>((resolve) => {
        const listen = (packet: Packet) => {
          if (packet.cmd !== 'suback') return;
          client.off('packetreceive', listen);
          resolve(packet.granted.map(Number));
        };
        client.on('packetreceive', listen);
      });
      // The promise of MQTT.js fails on a refused filter; the SUBACK itself tells which one and why.
      client.subscribe([filters].flat(), { qos }, () => undefined);
      return answered(suback, `SUBSCRIBE ${String(filters)}`);
    },
    publish: async (topic, text, options = {}) => {
      const published = client.publishAsync(topic, text, options).then(
        (packet) => (packet?.cmd === 'puback' ? (packet.reasonCode ?? 0) : 0),
        (error: Error & { code?: unknown }) => {
          if (typeof error.code === 'number') return error.code;
          throw error;
        },
      );
      return answered(published, `PUBLISH ${topic}`);
    },
    message: async () => {
      const next = inbox.shift();
      if (next) return next;
      return within(new Promise<Received>((resolve) => takers.push(resolve)), 'message');
    },
    waiting: () => inbox.length,
    closed: async () => within(closed, `closing of ${options.clientId}`),
    leave: async () => client.endAsync(),
    vanish: () => client.stream.destroy(),
  };
};
