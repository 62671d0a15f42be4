// The MQTT broker of the embedded IoT Core: MQTT 3.1.1 and 5 over mutual TLS, delivering what passes over the message bus.

import type { X509Certificate } from 'node:crypto';
import type { AddressInfo, Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { createClientRate } from '../client-rate.ts';
import type { MessageBus } from '../message-bus.ts';
import type { DeviceCertificate, IotState } from '../state.ts';
import { handleConnect } from './connect.ts';
import { openConnection } from './connection.ts';
import { createLifecycleEvents } from './lifecycle-events.ts';
import { type PreAuthentication, passesPreAuthentication } from './pre-authentication.ts';
import { REASON } from './reason-codes.ts';
import { createRetainedMessages } from './retained-messages.ts';
import type { BrokerLogEntry, BrokerService, Refusals } from './service.ts';
import type { Session } from './session.ts';
import { handlePacket } from './session-packets.ts';

export type BrokerOptions = {
  readonly state: IotState;
  readonly bus: MessageBus;
  /** epoch milliseconds */
  readonly clock: () => number;
  /** PEM; see `createServerIdentity` */
  readonly tls: { readonly key: string; readonly cert: string };
  readonly host: string;
  /** 0 takes a free one */
  readonly port: number;
  readonly accountId: string;
  readonly region: string;
  /** awaited before a registration is announced: a promise that is kept means that it is durable */
  readonly onChange?: () => Promise<void>;
  readonly log?: (entry: BrokerLogEntry) => void;
  /** @default false: the AWS limit of one CONNECT per second and client id is not enforced */
  readonly quotas?: boolean;
  /** @default 'aws' */
  readonly refusals?: Refusals | undefined;
  /** How long a connection may stay silent before its CONNECT. @default 10,000 */
  readonly connectTimeoutMs?: number;
  /** @default nobody is asked */
  readonly preAuthentication?: PreAuthentication;
  /** How long the answer may take. @default 5,000, which AWS says of custom authorizers: of this hook it says nothing */
  readonly preAuthenticationTimeoutMs?: number;
};

export type ConnectedClient = {
  readonly clientId: string;
  readonly certificateId: string;
  readonly sessionIdentifier: string;
  /** epoch milliseconds */
  readonly connectedAt: number;
};

export type Broker = {
  readonly port: number;
  connectedClients(): ConnectedClient[];
  /** As DeleteConnection does. @returns whether the client was connected */
  disconnect(clientId: string, options?: { readonly preventWill: boolean }): boolean;
  /** To be called after a certificate's status changed or it was deleted: ends its sessions unless it is ACTIVE. */
  certificateChanged(certificate: Pick<DeviceCertificate, 'id'>): void;
  /** Ends every session and frees the port. */
  stop(): Promise<void>;
};

const CONNECT_TIMEOUT_MS = 10_000;
const PRE_AUTHENTICATION_TIMEOUT_MS = 5_000;
/** What has not closed by itself this long after `stop` is cut. */
const STOP_GRACE_MS = 250;

/** @throws the server's error, when the port cannot be had */
export const startBroker = async (options: BrokerOptions): Promise<Broker> => {
  const { state, bus, clock, accountId, region } = options;
  const sessions = new Map<string, Session>();
  const service: BrokerService = {
    state,
    bus,
    clock,
    accountId,
    region,
    changed: options.onChange ?? (async () => undefined),
    log: options.log ?? (() => undefined),
    refusals: options.refusals ?? 'aws',
    preAuthentication: options.preAuthentication ?? (() => null),
    preAuthenticationTimeoutMs: options.preAuthenticationTimeoutMs ?? PRE_AUTHENTICATION_TIMEOUT_MS,
    connectRate: options.quotas ? createClientRate(clock) : null,
    sessions,
    retained: createRetainedMessages(clock),
    lifecycle: createLifecycleEvents(bus, clock),
  };
  const connectTimeoutMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;

  const server = createServer({
    ...options.tls,
    minVersion: 'TLSv1.2',
    // Every certificate is let through the handshake, since AWS IoT decides at CONNECT: a stranger's first CONNECT is
    // what registers it. Its private key is proven by the handshake all the same.
    requestCert: true,
    rejectUnauthorized: false,
    noDelay: true,
    handshakeTimeout: connectTimeoutMs,
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', (error, socket) => {
    service.log({ event: 'handshake-failed', detail: error.message });
    // Node reports a handshake that takes too long and leaves its socket open.
    socket.destroy();
  });
  server.on('secureConnection', (socket) => {
    // one that breaks before a connection looks after it
    socket.on('error', () => undefined);
    const certificate = socket.getPeerX509Certificate();
    passesPreAuthentication(service, socket, certificate)
      .then((passes) => {
        if (!passes) return socket.destroy();
        serve(service, socket, certificate, connectTimeoutMs);
        return socket.resume();
      })
      .catch((error: unknown) => {
        service.log({ event: 'failed', detail: String(error) });
        socket.destroy();
      });
  });

  const unsubscribe = bus.subscribe((message) => {
    if (message.retain) service.retained.keep(message);
    for (const session of sessions.values()) session.deliver(message);
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  // A server that listens on a host and port has an AddressInfo for an address, never a pipe's name or null.
  const { port } = server.address() as AddressInfo;

  return {
    port,
    connectedClients: () =>
      [...sessions.values()].map(({ subject, connectedAt }) => ({
        clientId: subject.clientId,
        certificateId: subject.certificateId,
        sessionIdentifier: subject.sessionIdentifier,
        connectedAt,
      })),
    disconnect: (clientId, { preventWill } = { preventWill: false }) => {
      const session = sessions.get(clientId);
      if (preventWill) session?.discardWill();
      session?.end('API_INITIATED_DISCONNECT', REASON.administrativeAction);
      return session !== undefined;
    },
    certificateChanged: ({ id }) => {
      if (state.certificates.get(id)?.status === 'ACTIVE') return;
      for (const session of sessions.values()) {
        if (session.subject.certificateId === id) session.end('AUTH_ERROR', REASON.notAuthorized);
      }
    },
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const session of sessions.values()) session.end('SERVER_INITIATED_DISCONNECT', REASON.serverShuttingDown);
      unsubscribe();
      const grace = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, STOP_GRACE_MS);
      await closed;
      clearTimeout(grace);
    },
  };
};

const serve = (
  service: BrokerService,
  socket: TLSSocket,
  certificate: X509Certificate | undefined,
  connectTimeoutMs: number,
) => {
  let session: Session | null = null;
  const silence = setTimeout(() => connection.end(), connectTimeoutMs);

  const connection = openConnection(socket, {
    packet: (packet) => {
      if (session) return handlePacket(service, session, packet);
      clearTimeout(silence);
      // [MQTT-3.1.0-1]: the first packet must be CONNECT
      if (packet.cmd !== 'connect') return connection.end();
      // A handshake alone registers nothing: the certificate is not even looked at before this line.
      session = handleConnect(service, connection, certificate, packet);
    },
    malformed: (detail) => {
      service.log({ event: 'malformed', detail, ...(session && { clientId: session.subject.clientId }) });
      session?.end('CLIENT_ERROR', REASON.malformedPacket);
    },
    failed: (error) => {
      service.log({ event: 'failed', detail: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      session?.end('SERVER_ERROR');
    },
    closed: () => {
      clearTimeout(silence);
      session?.end('CONNECTION_LOST');
    },
  });
};
