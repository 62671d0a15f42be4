// A client that may send anything: bytes over mutual TLS, and the packets that come back.

import { once } from 'node:events';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import mqttPacket, { type IConnectPacket, type Packet } from 'mqtt-packet';
import type { TestDevice } from '#support/certificates.ts';
import { type Endpoint, presenting } from '#support/mqtt-device.ts';

export type RawClient = {
  readonly socket: TLSSocket;
  /** Writes packets as MQTT does, and bytes as they are. */
  send(...parts: readonly (Packet | Buffer)[]): void;
  /** The packets that came until the broker closed. */
  untilClosed(): Promise<Packet[]>;
  /** Resolves with the next packet that was not taken yet. */
  packet(): Promise<Packet>;
};

export const connectPacket = (clientId: string, more: Partial<IConnectPacket> = {}): IConnectPacket => ({
  cmd: 'connect',
  protocolId: 'MQTT',
  protocolVersion: 4,
  clean: true,
  keepalive: 60,
  clientId,
  ...more,
});

export const rawClient = async (
  { port, ca }: Endpoint,
  device: TestDevice,
  options: ConnectionOptions & { readonly protocolVersion?: 4 | 5; readonly allowHalfOpen?: boolean } = {},
): Promise<RawClient> => {
  const { protocolVersion = 4, ...tlsOptions } = options;
  const socket = connectTls({
    host: '127.0.0.1',
    servername: 'localhost',
    port,
    ca,
    ...presenting(device),
    ...tlsOptions,
  });
  await once(socket, 'secureConnect');
  // The broker may reset a connection that is being written to; that it closed is what counts.
  socket.on('error', () => undefined);

  const parser = mqttPacket.parser({ protocolVersion });
  const received: Packet[] = [];
  const takers: ((packet: Packet) => void)[] = [];
  parser.on('packet', (packet) => {
    const taker = takers.shift();
    if (taker) taker(packet);
    else received.push(packet);
  });
  socket.on('data', (chunk) => parser.parse(chunk));
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });

  return {
    socket,
    send: (...parts) => {
      const bytes = parts.map((part) =>
        Buffer.isBuffer(part) ? part : mqttPacket.generate(part, { protocolVersion }),
      );
      socket.write(Buffer.concat(bytes));
    },
    untilClosed: async () => {
      await closed;
      return received.splice(0);
    },
    packet: async () => received.shift() ?? new Promise((resolve) => takers.push(resolve)),
  };
};
