import { expect, it } from 'vitest';
import { certificateId, clientId, tenantName } from '#domain/ids.ts';
import { inMemoryDeviceRegistry } from '#support/in-memory-device-registry.ts';
import { PRESENCE_CASES } from '#support/presence-cases.ts';

it.each(PRESENCE_CASES)('R-05: %s', async (_, known, heard, counts) => {
  const devices = inMemoryDeviceRegistry();
  await devices.claim('acme_device01', {
    clientId: clientId('acme_device01'),
    tenant: tenantName('acme'),
    certificateId: certificateId('1'.repeat(64)),
    permissionSet: 'acme.eu1',
    user: null,
    claimedAt: 0,
  });
  if (known) await devices.recordPresence('acme_device01', known);

  expect((await devices.recordPresence('acme_device01', heard)).recorded).toBe(counts);
  expect((await devices.findByKey('acme_device01'))?.presence).toEqual(counts ? heard : known);
});
