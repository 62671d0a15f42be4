// The device registry in memory, with the conditions of the one in DynamoDB.

import type { Device, Presence } from '#domain/device.ts';
import { type Comparison, supersededBy } from '#domain/presence-order.ts';
import type { DeviceRegistry } from '#ports/device-registry.ts';
import { pageOf } from './in-memory-page.ts';

export type InMemoryDevices = DeviceRegistry & { readonly devices: Map<string, Device> };

const holds = (known: Presence, [field, operator, value]: Comparison): boolean => {
  switch (operator) {
    case '=':
      return known[field] === value;
    case '<':
      return known[field] < value;
    case '<=':
      return known[field] <= value;
  }
};

const supersedes = (heard: Presence, known: Presence | null): boolean =>
  known === null || supersededBy(heard).some((all) => all.every((comparison) => holds(known, comparison)));

export const inMemoryDeviceRegistry = (): InMemoryDevices => {
  const devices = new Map<string, Device>();
  const fresh = { former: null, others: [], causes: [], presence: null, mismatch: null };
  return {
    devices,

    claim: async (key, device) => {
      const known = devices.get(key);
      if (known && known.certificateId !== device.certificateId) return known;
      const claims = (known?.claims ?? 0) + 1;
      const claimed = { ...fresh, ...known, ...device, claimedAt: known?.claimedAt ?? device.claimedAt, claims };
      devices.set(key, claimed);
      return claimed;
    },

    takeOver: async (key, device, seen) => {
      const known = devices.get(key);
      if (known?.certificateId !== seen.certificateId || known.claims !== seen.claims) return false;
      const causes = seen.tenant === device.tenant ? known.causes : [];
      devices.set(key, { ...fresh, ...device, causes, claims: known.claims + 1 });
      return true;
    },

    renew: async (key, { claimedAt: _, ...device }, beside, seen) => {
      const known = devices.get(key);
      if (known?.certificateId !== seen.certificateId || known.claims !== seen.claims) return false;
      devices.set(key, { ...known, ...device, ...beside, claims: known.claims + 1 });
      return true;
    },

    endFormer: async (key, certificateId, at) => {
      const known = devices.get(key);
      if (known?.former?.certificateId !== certificateId) return false;
      const until = Math.min(known.former.until ?? at, at);
      devices.set(key, { ...known, former: { certificateId, until } });
      return true;
    },

    keepFormer: async (key, { certificateId, former }) => {
      const known = devices.get(key);
      if (known?.certificateId !== certificateId || known.former?.certificateId !== former.certificateId) return;
      if (known.former.until === former.until) devices.set(key, { ...known, former: { ...former, until: null } });
    },

    dropFormer: async (key, certificateId, at) => {
      const known = devices.get(key);
      if (known?.former?.certificateId !== certificateId || known.former.until === null) return;
      if (known.former.until <= at) devices.set(key, { ...known, former: null });
    },

    setCauses: async (key, causes, seen) => {
      const known = devices.get(key);
      if (!known || known.causes.join() !== seen.join()) return false;
      devices.set(key, { ...known, causes });
      return true;
    },

    findAll: async (keys) => keys.map((key) => devices.get(key)).filter((device) => device !== undefined),

    renewedUntil: async (day, page) =>
      pageOf(
        [...devices].flatMap(([key, { clientId, tenant, certificateId, former }]) =>
          former?.until != null && new Date(former.until).toISOString().startsWith(day)
            ? [{ key, clientId, tenant, certificateId, former: { ...former, until: former.until } }]
            : [],
        ),
        page,
      ),

    findByKey: async (key) => devices.get(key) ?? null,

    recordPresence: async (key, presence) => {
      const known = devices.get(key);
      if (!known) return { recorded: false, device: null };
      const recorded = supersedes(presence, known.presence);
      const device = recorded ? { ...known, presence } : known;
      devices.set(key, device);
      return { recorded, device };
    },

    recordMismatch: async (key, mismatch) => {
      const known = devices.get(key);
      if (!known || (known.mismatch && known.mismatch.at >= mismatch.at)) return;
      devices.set(key, { ...known, mismatch: { ...mismatch, count: (known.mismatch?.count ?? 0) + 1 } });
    },
  };
};
