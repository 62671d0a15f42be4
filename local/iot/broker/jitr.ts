// Just-in-time registration: what the registry makes of the certificate that a client shows with its CONNECT.

import { X509Certificate } from 'node:crypto';
import type { CaCertificate, DeviceCertificate } from '../state.ts';
import type { BrokerService } from './service.ts';

/**
 * The certificate as it is registered now, or null for one of no CA that registers. Only an ACTIVE one may connect.
 *
 * An unknown leaf of an ACTIVE CA with auto-registration becomes PENDING_ACTIVATION and is announced, and announced
 * again each time it comes back before its activation (AWS IoT guide, Automatic device registration). Everything
 * else leaves no trace. Event configurations play no part: AWS was seen to publish with all of them disabled.
 */
export const recogniseCertificate = (
  service: BrokerService,
  shown: X509Certificate | undefined,
  clientId: string,
): DeviceCertificate | null => {
  const refused = (detail: string, certificateId?: string) =>
    service.log({ event: 'connect-refused', clientId, detail, ...(certificateId && { certificateId }) });
  if (!shown) {
    refused('no client certificate');
    return null;
  }

  const id = shown.fingerprint256.replaceAll(':', '').toLowerCase();
  const known = service.state.certificates.get(id);
  if (known?.status === 'ACTIVE') return known;
  if (known && known.status !== 'PENDING_ACTIVATION') {
    refused(`certificate is ${known.status}`, id);
    return known;
  }

  const certificate = known ?? register(service, id, shown);
  if (!certificate?.caId) {
    refused('certificate of no CA that registers automatically', id);
    return certificate;
  }
  const { caId } = certificate;
  // An event must not outlive its certificate in a crash. A registration that cannot be kept is announced when the
  // device comes back.
  (known ? Promise.resolve() : service.changed())
    .then(() => announce(service, certificate, caId, clientId, known ? String(known.createdAt) : null))
    .catch((error: unknown) => service.log({ event: 'failed', certificateId: id, detail: String(error) }));
  refused('certificate is PENDING_ACTIVATION', id);
  return certificate;
};

const register = (service: BrokerService, id: string, shown: X509Certificate): DeviceCertificate | null => {
  const ca = [...service.state.cas.values()].find(
    (candidate) => candidate.status === 'ACTIVE' && candidate.autoRegistration === 'ENABLE' && issued(candidate, shown),
  );
  if (!ca) return null;
  const now = service.clock();
  const certificate: DeviceCertificate = {
    id,
    pem: shown.toString(),
    caId: ca.id,
    status: 'PENDING_ACTIVATION',
    createdAt: now,
    lastModifiedAt: now,
    policies: new Set(),
    things: new Map(),
  };
  service.state.certificates.set(id, certificate);
  return certificate;
};

// A PEM is parsed once for each CA, not once for each connection.
const parsedCas = new WeakMap<CaCertificate, X509Certificate>();

/** Names alone do not tell: several CAs may share a subject, and anybody can make one more. The signature decides. */
const issued = (ca: CaCertificate, leaf: X509Certificate): boolean => {
  const issuer = parsedCas.get(ca) ?? new X509Certificate(ca.pem);
  parsedCas.set(ca, issuer);
  return leaf.checkIssued(issuer) && leaf.verify(issuer.publicKey);
};

/** @param registeredAt epoch milliseconds in a string; null in the first event, as observed on AWS */
const announce = (
  { bus, clock, accountId }: BrokerService,
  certificate: DeviceCertificate,
  caId: string,
  clientId: string,
  registeredAt: string | null,
) =>
  bus.publish({
    topic: `$aws/events/certificates/registered/${caId}`,
    payload: Buffer.from(
      JSON.stringify({
        certificateId: certificate.id,
        caCertificateId: caId,
        timestamp: clock(),
        certificateStatus: certificate.status,
        awsAccountId: accountId,
        certificateRegistrationTimestamp: registeredAt,
      }),
    ),
    qos: 1,
    clientId,
    principal: null,
  });
