// An operator vouches for a tenant's CA certificate: from then on devices that it signed may register.

import type { TenantName } from '#domain/ids.ts';
import { err, ok, type Result } from '#domain/result.ts';
import type { TrustAnchor } from '#domain/trust-anchor.ts';
import type { ReadAnchor } from '#ports/certificate-reader.ts';
import type { Clock } from '#ports/clock.ts';
import type { AnchorGateway } from '#ports/iot-gateways.ts';
import type { AnchorRegistry, TenantRegistry } from '#ports/trust-registry.ts';
import { type Outcome, refuse, unknownTenant } from './refusal.ts';

export type RegisterAnchorDeps = {
  readonly tenants: TenantRegistry;
  readonly anchors: AnchorRegistry;
  readonly gateway: AnchorGateway;
  /** fails on whatever is not one readable CA certificate */
  readonly readAnchor: (pem: string) => Result<ReadAnchor, { readonly code: string; readonly message: string }>;
  readonly clock: Clock;
};

/**
 * Repeatable: the registration of devices is turned on last, when everything that a device's event asks for stands,
 * and a repeat turns it on even where an earlier attempt ended before that.
 */
export const registerAnchor =
  ({ tenants, anchors, gateway, readAnchor, clock }: RegisterAnchorDeps) =>
  async (tenant: TenantName, pem: string, actor: string): Promise<Outcome<TrustAnchor>> => {
    const read = readAnchor(pem);
    if (!read.ok) return err({ kind: 'invalid', ...read.error });
    const { id, subject, validFrom, validTo, pem: certificate } = read.value;
    const now = clock();
    if (now > validTo)
      return refuse(
        'invalid',
        'CA_EXPIRED',
        `expected a CA certificate that is valid now, this one ended ${new Date(validTo).toISOString()}; register its successor`,
      );
    if (!(await tenants.find(tenant))) return unknownTenant(tenant);

    const anchor: TrustAnchor = {
      id,
      tenant,
      state: 'ACTIVE',
      proof: 'OPERATOR',
      subject,
      pem: certificate,
      validFrom,
      validTo,
      registeredAt: now,
      registeredBy: actor,
    };
    const existing = await anchors.find(id);
    if (!existing) await gateway.register(certificate);
    const created = existing === null && (await anchors.create(anchor));
    const stands = created ? anchor : (existing ?? (await anchors.find(id)));
    if (stands?.tenant === tenant && stands.state === 'ACTIVE') await gateway.enableRegistration(id);
    if (created) return ok(anchor);
    return stands?.tenant === tenant
      ? refuse('conflict', 'ANCHOR_EXISTS', `CA certificate ${id} is registered for ${tenant} already; nothing to do`)
      : refuse(
          'conflict',
          'ANCHOR_OF_OTHER_TENANT',
          `CA certificate ${id} vouches for another tenant; use a CA of its own`,
        );
  };
