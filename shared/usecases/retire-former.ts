// Retires the certificate that a device's newer one has replaced (J-11).

import type { Device } from '#domain/device.ts';
import type { DeviceRegistry } from '#ports/device-registry.ts';
import { type TellCertificateDeps, tellCertificate } from './tell-certificate.ts';

export type RetireFormerDeps = TellCertificateDeps & {
  readonly devices: Pick<DeviceRegistry, 'endFormer' | 'dropFormer'>;
};

/** Who retires a certificate when no person does. */
export const RENEWAL = 'renewal';

/**
 * Its time ends so long ago: who brings it out goes by a clock of its own, which may be behind this one, and is not told
 * again. Clocks of two functions are no further apart.
 */
const APART_MS = 30_000;

/**
 * Repeatable: the former certificate stays named until it was told, so that an attempt that ended is taken up again. The
 * newer one has to have been let in.
 * @throws TransientError when others changed the certificate each time
 */
export const retireFormer =
  (deps: RetireFormerDeps) =>
  async (deviceKey: string, { former }: Pick<Device, 'former'>): Promise<void> => {
    if (former === null) return;
    const { certificateId } = former;
    const at = deps.clock() - APART_MS;
    if (!(await deps.devices.endFormer(deviceKey, certificateId, at))) return;
    await tellCertificate(deps)(certificateId, { seen: 'replaced', actor: RENEWAL });
    await deps.devices.dropFormer(deviceKey, certificateId, at);
  };
