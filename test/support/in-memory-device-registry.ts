// The device registry in memory, with the conditions of the one in DynamoDB.

import type { Device, Presence } from '#domain/device.ts';
import { type Comparison, supersededBy } from '#domain/presence-order.ts';
import type { DeviceRegistry } from '#ports/device-registry.ts';

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
  const fresh = { causes: [], presence: null, mismatch: null };
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
      devices.set(key, { ...fresh, causes: known.causes, ...device, claims: known.claims + 1 });
      return true;
    },

    findByKey: async (key) => devices.get(key) ?? null,

    recordPresence: async (key, presence) => {
      const known = devices.get(key);
      if (!known || !supersedes(presence, known.presence)) return false;
      devices.set(key, { ...known, presence });
      return true;
    },

    recordMismatch: async (key, mismatch) => {
      const known = devices.get(key);
      if (!known || (known.mismatch && known.mismatch.at >= mismatch.at)) return;
      devices.set(key, { ...known, mismatch: { ...mismatch, count: (known.mismatch?.count ?? 0) + 1 } });
    },
  };
};
