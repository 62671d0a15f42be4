// What AWS IoT asks the pre-authentication function of a connection, and what it takes for an answer.
// (AWS IoT guide, Custom client certificate validation)

import * as v from 'valibot';

const told = v.nullish(v.string(), null);

/** The chain alone decides; the rest is for the log, and not worth a device that is locked out when AWS leaves it away. */
export const PreAuthenticationEvent = v.object({
  connectionMetadata: v.nullish(v.object({ id: told }), { id: null }),
  /** the certificate's id by AWS's count */
  principalId: told,
  serverName: told,
  /** PEM; the leaf first */
  clientCertificateChain: v.pipe(v.array(v.string()), v.minLength(1, 'expected the client certificate in PEM')),
});
export type PreAuthenticationEvent = v.InferOutput<typeof PreAuthenticationEvent>;

export type PreAuthenticationAnswer = { readonly isAuthenticated: boolean };
