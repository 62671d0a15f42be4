// A tenant of the embedded system, and devices that its CA vouches for.

import { type Api, createApi } from '#cli/api-client.ts';
import type { Broker } from '#cli/demo/mqtt-device.ts';
import type { CertificateId } from '#domain/ids.ts';
import type { LocalSystem } from '#local/system.ts';
import { issueDevice, makeTenantCa, type TestCa } from '#support/certificates.ts';

export const TENANT = 'acme';
const DAY_MS = 86_400_000;

export type BenchDevice = {
  readonly id: CertificateId;
  readonly clientId: string;
  /** PEM, as the key */
  readonly chain: string;
  readonly key: string;
};

/** @returns the management API as its operator, how to reach the broker, and a maker of devices by their CN */
export const tenantOf = async (
  system: LocalSystem,
): Promise<{ api: Api; broker: Broker; ca: TestCa; device(cn: string): BenchDevice }> => {
  const validity = { validFrom: new Date(Date.now() - DAY_MS), validTo: new Date(Date.now() + DAY_MS) };
  const ca = makeTenantCa(validity);
  const api = createApi({
    name: 'the embedded system',
    apiUrl: system.api.url,
    region: system.aws.region,
    credentials: () => Promise.resolve(system.credentials.operator),
  });
  await api('createTenant', {
    body: { tenant: TENANT, naming: 'eu1', admission: 'auto', allowCn: null, userMatch: 'off', topics: null },
  });
  await api('registerAnchor', { params: { tenant: TENANT }, body: { certificate: ca.pem } });
  return {
    api,
    broker: { host: system.mqtt.host, port: system.mqtt.port, serverCa: system.serverCaPem },
    ca,
    device: (cn) => {
      const { id, chainPem, keyPem } = issueDevice(ca, { cn, ...validity });
      return { id, clientId: `${TENANT}_${cn}`, chain: chainPem, key: keyPem };
    },
  };
};
