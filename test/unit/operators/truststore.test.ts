import { beforeEach, describe, expect, it } from 'vitest';
import { makeTenantCa } from '#support/certificates.ts';
import { anAnchor } from '#support/trust-anchors.ts';
import { NOW, startTrustApi } from '#support/trust-api.ts';

let api: ReturnType<typeof startTrustApi>;
beforeEach(() => {
  api = startTrustApi();
});

/** Puts a CA of a tenant into the registry, as if it had been proved. */
const trusted = async (tenant: string, changes: Parameters<typeof anAnchor>[0] = {}) => {
  const ca = makeTenantCa();
  const anchor = anAnchor({ id: ca.id, tenant: api.tenant(tenant), pem: ca.pem, ...changes });
  await api.places.put({ tenant: anchor.tenant, id: anchor.id, upload: null });
  await api.anchors.create(anchor);
  return ca;
};

describe('GET /operator/truststore', () => {
  it('B-01, B-05, B-06: is the certificates of all tenants, and says whose they are and what is missing', async () => {
    const first = await trusted('acme', { registeredAt: 1 });
    const second = await trusted('globex', { registeredAt: 2 });
    const over = await trusted('acme', { registeredAt: 3, validTo: NOW - 1 });

    const { status, body } = await api.call('GET', '/operator/truststore');

    expect(status).toBe(200);
    expect(body).toEqual({
      pem: first.pem + second.pem,
      anchors: [
        { fingerprint: first.id, tenant: 'acme', subject: 'CN=acme-ca', validTo: '2049-12-31T00:00:00.000Z' },
        { fingerprint: second.id, tenant: 'globex', subject: 'CN=acme-ca', validTo: '2049-12-31T00:00:00.000Z' },
      ],
      omitted: [{ fingerprint: over.id, tenant: 'acme', reason: 'EXPIRED' }],
    });
  });
});

describe('GET /tenants/{tenant}/truststore', () => {
  it('B-01: is the certificates of that tenant alone', async () => {
    const { pem, id } = await trusted('acme');
    await trusted('globex');

    expect((await api.call('GET', '/tenants/acme/truststore')).body).toMatchObject({
      pem,
      anchors: [{ fingerprint: id }],
    });
  });

  it('is not found for a tenant that there is not', async () => {
    expect(await api.call('GET', '/tenants/nobody/truststore')).toMatchObject({
      status: 404,
      body: { code: 'TENANT_UNKNOWN' },
    });
  });
});
