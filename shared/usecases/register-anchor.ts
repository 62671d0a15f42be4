// An operator vouches for a tenant's CA certificate: from then on devices that it signed may register.

import { anchorFailure } from '#domain/anchor-rules.ts';
import type { TenantName } from '#domain/ids.ts';
import { REASONS } from '#domain/reasons.ts';
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
  /** fails on whatever is not one readable certificate */
  readonly readAnchor: (pem: string) => Result<ReadAnchor, { readonly code: string; readonly message: string }>;
  readonly clock: Clock;
};

/** The anchor that stood there before; null when this one is the first. */
const enrol = async ({ anchors, gateway }: RegisterAnchorDeps, anchor: TrustAnchor): Promise<TrustAnchor | null> => {
  const before = await anchors.find(anchor.id);
  if (before) return before;
  await gateway.register(anchor.pem);
  return (await anchors.create(anchor)) ? null : anchors.find(anchor.id);
};

/**
 * Repeatable: the registration of devices is turned on last, when everything that a device's event asks for stands,
 * and a repeat turns it on even where an earlier attempt ended before that.
 */
export const registerAnchor =
  (deps: RegisterAnchorDeps) =>
  async (tenant: TenantName, pem: string, actor: string): Promise<Outcome<TrustAnchor>> => {
    const { tenants, gateway, readAnchor, clock } = deps;
    const read = readAnchor(pem);
    if (!read.ok) return err({ kind: 'invalid', ...read.error });
    const { id, subject, validFrom, validTo, pem: certificate } = read.value;
    const now = clock();
    const failure = anchorFailure(read.value, now);
    if (failure) {
      const { when, action } = REASONS[failure.reason];
      return refuse(
        'invalid',
        failure.reason,
        `expected a CA certificate that may vouch for devices, but ${when} (seen: ${failure.seen}): ${action}`,
      );
    }
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
    const before = await enrol(deps, anchor);
    if (before && before.tenant !== tenant)
      return refuse(
        'conflict',
        'ANCHOR_OF_OTHER_TENANT',
        `CA certificate ${id} vouches for another tenant; use a CA of its own`,
      );
    if ((before ?? anchor).state === 'ACTIVE') await gateway.enableRegistration(id);
    if (!before) return ok(anchor);
    return refuse(
      'conflict',
      'ANCHOR_EXISTS',
      `CA certificate ${id} is registered for ${tenant} already; nothing to do`,
    );
  };
