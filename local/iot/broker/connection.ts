// One socket as a stream of MQTT packets: parsing, bounded buffers, orderly closing. It knows nothing of sessions.

import type { TLSSocket } from 'node:tls';
import mqttPacket, { type Packet } from 'mqtt-packet';
import { MAX_PACKET_BYTES } from './limits.ts';

/** A client that reads too slowly is cut before its unsent data grows beyond this. */
const MAX_UNSENT_BYTES = 1024 * 1024;
/** How long the client may take to close after it was told to go. */
const CLOSE_GRACE_MS = 1000;

export type ConnectionHandlers = {
  readonly packet: (packet: Packet) => void;
  /** the bytes are no MQTT; nothing more will be parsed */
  readonly malformed: (why: string) => void;
  /** a packet's handler threw; nothing more will be parsed */
  readonly failed: (error: unknown) => void;
  /** the socket is gone, for whatever reason; called once */
  readonly closed: (error: Error | null) => void;
};

export type Connection = {
  /** 4 (MQTT 3.1.1) or 5, decides how packets are written; set from CONNECT */
  protocolVersion: 4 | 5;
  readonly remoteAddress: string;
  send(packet: Packet): void;
  /** Sends `last`, if any, and closes. What the client still sends is ignored. */
  end(last?: Packet): void;
};

export const openConnection = (socket: TLSSocket, handlers: ConnectionHandlers): Connection => {
  const parser = mqttPacket.parser();
  let open = true;
  let failure: Error | null = null;
  let grace: NodeJS.Timeout | undefined;

  // The parser goes on with the rest of a chunk after its handlers return, hence the guards on `open`.
  parser.on('packet', (packet) => {
    if (!open) return;
    try {
      handlers.packet(packet);
    } catch (error) {
      open = false;
      handlers.failed(error);
      close();
    }
  });
  const refuseBytes = (why: string) => {
    if (!open) return;
    handlers.malformed(why);
    close();
  };
  parser.on('error', (error: Error) => refuseBytes(error.message));
  socket.on('data', (chunk) => {
    if (!open) return;
    try {
      if (parser.parse(chunk) > MAX_PACKET_BYTES) refuseBytes(`packet of more than ${MAX_PACKET_BYTES} bytes`);
    } catch (error) {
      // A length field that points past the end makes the parser read out of its buffer's range.
      refuseBytes(error instanceof Error ? error.message : String(error));
    }
  });
  socket.on('error', (error) => {
    failure = error;
  });
  socket.on('close', () => {
    open = false;
    clearTimeout(grace);
    handlers.closed(failure);
  });

  const close = () => {
    open = false;
    socket.end();
    grace ??= setTimeout(() => socket.destroy(), CLOSE_GRACE_MS).unref();
  };

  const connection: Connection = {
    protocolVersion: 4,
    remoteAddress: (socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
    send: (packet) => {
      if (!open) return;
      socket.write(mqttPacket.generate(packet, { protocolVersion: connection.protocolVersion }));
      if (socket.writableLength > MAX_UNSENT_BYTES) socket.destroy();
    },
    end: (last) => {
      if (last) connection.send(last);
      if (open) close();
    },
  };
  return connection;
};
