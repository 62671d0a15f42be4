// What a connection shows: the leaf by its fingerprint, and who issued it.

import { describe, expect, it } from 'vitest';
import { readShownChain } from '#adapters/shown-chain.ts';
import { issueDevice, makeTenantCa } from '#support/certificates.ts';

const root = makeTenantCa({ subject: [['CN', 'root']] });
const ca = makeTenantCa({ issuer: root });
const device = issueDevice(ca, { cn: 'device01' });

describe('the chain of a connection', () => {
  it('names the leaf, and who issued it wherever it stands', () => {
    expect(readShownChain([device.pem, root.pem, ca.pem])).toEqual({ leaf: device.id, issuer: ca.id });
  });

  it('names no issuer when it is not shown', () => {
    expect(readShownChain([device.pem])).toEqual({ leaf: device.id, issuer: null });
    expect(readShownChain([device.pem, root.pem])).toEqual({ leaf: device.id, issuer: null });
  });

  it('is not taken in by a CA of the same name', () => {
    expect(readShownChain([device.pem, makeTenantCa().pem])).toEqual({ leaf: device.id, issuer: null });
  });

  it('reads no issuer out of a signature that cannot be checked', () => {
    const impostor = makeTenantCa({ key: 'ed25519' });
    expect(readShownChain([device.pem, impostor.pem])?.issuer).toBeNull();
  });

  it.each([
    ['nothing', []],
    ['no PEM', ['leaf']],
    ['a block that is none', ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----']],
    ['a leaf with something else', [device.pem, 'CA']],
    ['a private key', [device.keyPem]],
  ])('is null for %s', (_, pems) => {
    expect(readShownChain(pems)).toBeNull();
  });
});
