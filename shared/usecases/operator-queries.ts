// What operators look up: nothing is decided here, and another tenant's things are not found.

import type { AnchorId, TenantName } from '#domain/ids.ts';
import { ok } from '#domain/result.ts';
import type { Tenant } from '#domain/tenant.ts';
import type { TrustAnchor } from '#domain/trust-anchor.ts';
import type { BrokerGateway } from '#ports/iot-gateways.ts';
import type { RejectedEvent, RejectedEvents } from '#ports/messages.ts';
import type { AnchorRegistry, Page, PageRequest, TenantRegistry } from '#ports/trust-registry.ts';
import { type Outcome, refuse, unknownAnchor, unknownTenant } from './refusal.ts';

export const showTenant =
  (tenants: TenantRegistry) =>
  async (name: TenantName): Promise<Outcome<Tenant>> => {
    const tenant = await tenants.find(name);
    return tenant ? ok(tenant) : unknownTenant(name);
  };

export const listAnchors =
  (tenants: TenantRegistry, anchors: AnchorRegistry) =>
  async (tenant: TenantName, page: PageRequest): Promise<Outcome<Page<TrustAnchor>>> =>
    (await tenants.find(tenant)) ? ok(await anchors.list(tenant, page)) : unknownTenant(tenant);

export const showAnchor =
  (anchors: AnchorRegistry) =>
  async (tenant: TenantName, id: AnchorId): Promise<Outcome<TrustAnchor>> => {
    const anchor = await anchors.find(id);
    return anchor?.tenant === tenant ? ok(anchor) : unknownAnchor(id);
  };

export const showRejectedEvent =
  (rejectedEvents: RejectedEvents) =>
  async (id: string): Promise<Outcome<RejectedEvent>> => {
    const event = await rejectedEvents.find(id);
    return event
      ? ok(event)
      : refuse('not-found', 'EVENT_UNKNOWN', `expected the id of a rejected event, got ${id}; list those of its day`);
  };

/** Port and server CA are the platform's choice at deployment, the host is IoT Core's. */
export type BrokerInformation = { readonly host: string; readonly port: number; readonly serverCaPem: string };

export const brokerInformation =
  (broker: BrokerGateway, { port, serverCaPem }: Omit<BrokerInformation, 'host'>) =>
  async (): Promise<BrokerInformation> => ({ host: await broker.host(), port, serverCaPem });
