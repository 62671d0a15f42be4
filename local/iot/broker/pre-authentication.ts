// The pre-authentication hook: whoever asks for it is asked about a connection between its TLS handshake and its first
// packet (AWS IoT guide, Custom client certificate validation).

import { randomUUID, type X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { PreAuthenticationEvent } from '#contracts/pre-authentication.ts';
import type { BrokerService } from './service.ts';

/** @returns the function to ask, which resolves to its answer and rejects for a failure; null when there is none */
export type PreAuthentication = () => ((event: PreAuthenticationEvent) => Promise<unknown>) | null;

/** A client that sends more than this before it is let in is cut. */
const MAX_HELD_BYTES = 1024 * 1024;

/** What the client showed, from the leaf up. */
const chainOf = (leaf: X509Certificate): string[] => {
  const chain: string[] = [];
  for (let shown: X509Certificate | undefined = leaf; shown !== undefined; shown = shown.issuerCertificate)
    chain.push(shown.toString());
  return chain;
};

const isAuthenticated = (answer: unknown): boolean =>
  typeof answer === 'object' && answer !== null && 'isAuthenticated' in answer && answer.isAuthenticated === true;

/** @throws Error when no answer comes in time */
const within = async <T>(promise: Promise<T>, milliseconds: number): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds).unref();
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
};

/**
 * Holds the client's bytes back until the answer is there: no packet is read before, and none is lost. The socket is read
 * on all the while, for else a client that leaves would not be noticed, and its late CONNECT would take over from itself.
 * @returns true when `answer` said yes and the client is still there; its socket is then paused
 */
const heldBack = async (socket: TLSSocket, answer: Promise<boolean>): Promise<boolean> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const keep = (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_HELD_BYTES) socket.destroy();
  };
  socket.on('data', keep);
  const admitted = await answer;
  socket.off('data', keep).pause();
  if (!admitted || socket.destroyed || socket.readableEnded) return false;
  if (bytes > 0) socket.unshift(Buffer.concat(chunks));
  return true;
};

/** Who brings no certificate is not asked about: there is nothing to authenticate, and CONNECT refuses it. */
export const passesPreAuthentication = async (
  { preAuthentication, preAuthenticationTimeoutMs, log }: BrokerService,
  socket: TLSSocket,
  certificate: X509Certificate | undefined,
): Promise<boolean> => {
  const ask = preAuthentication();
  if (ask === null || certificate === undefined) return true;
  const principalId = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
  const refused = (detail: string): false => {
    log({ event: 'pre-authentication-refused', certificateId: principalId, detail });
    return false;
  };
  const answer = ask({
    connectionMetadata: { id: randomUUID() },
    principalId,
    serverName: typeof socket.servername === 'string' ? socket.servername : null,
    clientCertificateChain: chainOf(certificate),
  });
  return heldBack(
    socket,
    within(answer, preAuthenticationTimeoutMs).then(
      (said) => isAuthenticated(said) || refused('the answer is not isAuthenticated: true'),
      (error: unknown) => refused(error instanceof Error ? error.message : String(error)),
    ),
  );
};
