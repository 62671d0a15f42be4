// Shows the certificate of a device: the file itself and what it says.

import type { TenantName } from '#domain/ids.ts';
import { err } from '#domain/result.ts';
import type { CertificateDescriber, CertificateText } from '#ports/certificate-text.ts';
import type { CertificateGateway } from '#ports/iot-gateways.ts';
import { type FindDeviceDeps, findDevice } from './find-device.ts';
import { type Outcome, refuse, unknownDevice } from './refusal.ts';

export type ShowCertificateDeps = FindDeviceDeps & {
  readonly iot: Pick<CertificateGateway, 'describe'>;
  readonly describeCertificate: CertificateDescriber;
};

export const showCertificate = (deps: ShowCertificateDeps) => {
  const find = findDevice(deps);
  /** @param tenant whose devices are looked at; null for those of every tenant */
  return async (name: string, tenant: TenantName | null): Promise<Outcome<CertificateText>> => {
    const found = await find(name, tenant);
    if (!found) return unknownDevice(name);
    const [{ id }] = found.certificates;
    const described = await deps.iot.describe(id);
    if (!described)
      return refuse(
        'not-found',
        'CERTIFICATE_NOT_FOUND',
        `expected certificate ${id} in IoT Core, there is none: it was deleted there, and the registry keeps no copy`,
      );
    const text = deps.describeCertificate(described.pem);
    return text.ok ? text : err({ kind: 'conflict', ...text.error });
  };
};
