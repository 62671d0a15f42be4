// A CA becomes a tenant's trust anchor: in IoT Core and in the registry, and devices may register last.

import { isSwept } from '#domain/anchor-acts.ts';
import { TransientError } from '#domain/errors.ts';
import { ok } from '#domain/result.ts';
import type { AnchorProof, AnchorUpload, TrustAnchor } from '#domain/trust-anchor.ts';
import type { Clock } from '#ports/clock.ts';
import type { AnchorGateway } from '#ports/iot-gateways.ts';
import type { EventPublisher, TrustQueue } from '#ports/messages.ts';
import type { AnchorPlaces, AnchorRegistry } from '#ports/trust-registry.ts';
import { ownedByOther } from './anchor-refusals.ts';
import type { Outcome } from './refusal.ts';

export type EnrolAnchorDeps = {
  readonly places: AnchorPlaces;
  readonly anchors: AnchorRegistry;
  readonly gateway: AnchorGateway;
  readonly events: EventPublisher;
  readonly trustQueue: TrustQueue;
  readonly newId: () => string;
  readonly clock: Clock;
};

export type Vouching = {
  readonly proof: AnchorProof;
  readonly privateCaArn: string | null;
  /** for the mode `DEFAULT`, see AnchorRegistration */
  readonly verificationCertificate: string | null;
  readonly actor: string;
};

/**
 * What follows once the registry has the anchor. Repeatable; the upload goes from its place last, and so says until then
 * that something of this may be left to do.
 */
export const openAnchor = async (deps: EnrolAnchorDeps, anchor: TrustAnchor): Promise<void> => {
  const { places, anchors, gateway, events, trustQueue, newId } = deps;
  const { id, tenant, proof, registeredAt, registeredBy, version } = anchor;
  if (!(await gateway.enableRegistration(id)))
    throw new TransientError(`CA certificate ${id} was deleted in IoT Core while it was registered`);
  // revoked at this moment: whoever closed it may have been first
  if ((await anchors.find(id))?.state !== 'ACTIVE') return gateway.disable(id);
  await events.publish([
    {
      type: 'ca.verified',
      id: `${id}.verified.${registeredAt}`,
      at: registeredAt,
      tenant,
      anchorId: id,
      actor: registeredBy,
      proof,
    },
  ]);
  // one that was deleted has devices that its deletion put out, and that come back with it
  if (!isSwept(anchor))
    await trustQueue.send({ act: 'sweep', anchorId: id, version, pass: 1, cursor: null, commandId: newId() });
  await trustQueue.send({ act: 'truststore', commandId: newId() });
  await places.put({ tenant, id, upload: null });
};

/**
 * Repeatable wherever an earlier attempt ended. IoT Core comes first: what it refuses leaves nothing behind.
 * @param former what stands in the registry of the CA: null, or deleted
 */
export const enrolAnchor = async (
  deps: EnrolAnchorDeps,
  upload: AnchorUpload,
  former: TrustAnchor | null,
  { proof, privateCaArn, verificationCertificate, actor }: Vouching,
): Promise<Outcome<TrustAnchor>> => {
  const { places, anchors, gateway, clock } = deps;
  const { id, tenant, subject, pem, validFrom, validTo, certificateMode } = upload;
  await gateway.register({ pem, tenant, certificateMode, verificationCertificate });
  await places.put({ tenant, id, upload });
  const now = clock();
  const anchor: TrustAnchor = {
    id,
    tenant,
    subject,
    pem,
    validFrom,
    validTo,
    certificateMode,
    state: 'ACTIVE',
    proof,
    registeredAt: now,
    registeredBy: actor,
    changedAt: now,
    changedBy: actor,
    privateCaArn,
    crl: former?.crl ?? null,
    sweep: null,
    version: former ? former.version + 1 : 0,
  };
  const standing = (await anchors.create(anchor)) ? anchor : await anchors.find(id);
  if (!standing) throw new TransientError(`trust anchor ${id} came and went while it was registered`);
  if (standing.tenant !== tenant) return ownedByOther(id);
  // revoked within this moment: it stays closed
  if (standing.state === 'ACTIVE') await openAnchor(deps, standing);
  return ok(standing);
};
