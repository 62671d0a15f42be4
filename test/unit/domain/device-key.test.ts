import { expect, it } from 'vitest';
import { deviceKeyOfAccepted, otherKeyOfAccepted } from '#domain/device-key.ts';
import { clientId } from '#domain/ids.ts';

it.each([
  ['acme.eu1', 'acme_Pump'],
  ['acme.eu2', 'acme_pump'],
  ['acme.template', 'acme_Pump'],
  ['acme.eu1.0123456789abcdef', 'acme_Pump'],
  ['acme.eu2.0123456789abcdef', 'acme_pump'],
])('N-12: a device of the permission set %s has the key %s', (permissionSet, key) => {
  expect(deviceKeyOfAccepted({ clientId: clientId('acme_Pump'), permissionSet })).toBe(key);
});

it.each([
  ['acme.eu1', 'acme_Pump', 'acme_pump'],
  ['acme.eu2', 'acme_Pump', 'acme_Pump'],
  ['acme.eu1', 'acme_pump', null],
  ['acme.eu2', 'acme_pump', null],
  ['acme.connectware.0123456789abcdef', 'acme_Pump', 'acme_pump'],
])('N-12: of the permission set %s, %s may also stand under %s', (permissionSet, id, other) => {
  expect(otherKeyOfAccepted({ clientId: clientId(id), permissionSet })).toBe(other);
});
