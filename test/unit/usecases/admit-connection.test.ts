// The use case of the gate: what it reads, and that it lets nobody in whom it cannot look up.

import { describe, expect, it } from 'vitest';
import type { CertificateRecord, Verdict } from '#domain/certificate.ts';
import { anchorId, certificateId, clientId, tenantName } from '#domain/ids.ts';
import type { TrustAnchor } from '#domain/trust-anchor.ts';
import type { AdmissionAround, AdmissionKeys, AdmissionRegistry } from '#ports/admission.ts';
import { admitConnection } from '#usecases/admit-connection.ts';

const leaf = certificateId('c1'.repeat(32));
const issuer = anchorId('ca'.repeat(32));
const anchorOfRecord = anchorId('cb'.repeat(32));
const tenant = tenantName('acme');
const ACCEPT: Verdict = { kind: 'accept', clientId: clientId('ACME_Device01'), permissionSet: 'acme.eu2', user: null };

const record = (verdict: Verdict | null, anchor = anchorOfRecord): CertificateRecord => ({
  id: leaf,
  anchorId: anchor,
  tenant,
  verdict,
  causes: [],
  operatorWord: null,
  version: 1,
  applied: null,
  settled: true,
  wasActive: true,
  memberships: [],
  lease: null,
  subject: null,
  serialNumber: '1f',
  publicKeyId: null,
  validTo: null,
  firstSeenAt: 0,
  decidedAt: 0,
  history: [],
});
const anchorIn = (state: TrustAnchor['state']): TrustAnchor => ({
  id: issuer,
  tenant,
  subject: 'CN=acme-ca',
  pem: '',
  validFrom: 0,
  validTo: 1,
  certificateMode: 'SNI_ONLY',
  state,
  proof: 'OPERATOR',
  registeredAt: 0,
  registeredBy: 'op',
  changedAt: 0,
  changedBy: 'op',
  privateCaArn: null,
  crl: null,
  sweep: null,
  version: 0,
});

const world = (known: CertificateRecord | null, around: Partial<AdmissionAround> = {}) => {
  const asked: AdmissionKeys[] = [];
  const registry: AdmissionRegistry = {
    findCertificate: async (id) => (known?.id === id ? known : null),
    findAround: async (keys) => {
      asked.push(keys);
      return { anchor: null, device: null, tenant: null, blocked: false, onCrl: false, ...around };
    },
  };
  return { registry, asked, clock: () => 0 };
};

describe('admitting a connection', () => {
  it('J-02: asks nothing more of a certificate that nobody knows, and lets it go on to be registered', async () => {
    const deps = world(null);
    expect(await admitConnection(deps)({ leaf, issuer: null })).toBeNull();
    expect(deps.asked).toEqual([]);
  });

  it('V-01: refuses a certificate that nobody knows when it shows that a revoked anchor issued it', async () => {
    const deps = world(null, { anchor: anchorIn('REVOKED') });
    expect(await admitConnection(deps)({ leaf, issuer })).toEqual({ why: 'ANCHOR_NOT_ACTIVE', seen: 'REVOKED' });
    expect(deps.asked).toEqual([{ anchor: issuer, accepted: null }]);
  });

  it('asks of an accepted certificate all that may bar it, once, by the anchor of its record', async () => {
    const deps = world(record(ACCEPT), { anchor: anchorIn('ACTIVE') });
    expect(await admitConnection(deps)({ leaf, issuer })).toBeNull();
    expect(deps.asked).toEqual([
      {
        anchor: anchorOfRecord,
        accepted: { certificate: leaf, tenant, deviceKey: 'acme_device01', serialNumber: '1f' },
      },
    ]);
  });

  it('asks of one that was not accepted for its anchor alone', async () => {
    const reject: Verdict = { kind: 'reject', clientId: null, reason: 'CN_MISSING', seen: '' };
    const deps = world(record(reject), { anchor: anchorIn('ACTIVE') });
    expect(await admitConnection(deps)({ leaf, issuer: null })).toMatchObject({ why: 'CERTIFICATE_BARRED' });
    expect(deps.asked).toEqual([{ anchor: anchorOfRecord, accepted: null }]);
  });

  it('V-04: refuses by what it read around, at the time of its clock', async () => {
    const expired = { ...record(ACCEPT), validTo: 5 };
    const deps = { ...world(expired, { anchor: anchorIn('ACTIVE'), blocked: true, onCrl: true }), clock: () => 6 };
    expect(await admitConnection(deps)({ leaf, issuer: null })).toEqual({
      why: 'CERTIFICATE_BARRED',
      seen: 'REVOKED BLOCKED CRL_REVOKED EXPIRED',
    });
  });

  it.each(['findCertificate', 'findAround'] as const)('throws when %s of the registry does', async (call) => {
    const deps = world(record(ACCEPT));
    const registry = {
      ...deps.registry,
      [call]: async () => {
        throw new Error('no registry');
      },
    };
    await expect(admitConnection({ ...deps, registry })({ leaf, issuer })).rejects.toThrow('no registry');
  });
});
