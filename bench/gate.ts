// From when on nobody connects any more whose CA is revoked, where the pre-authentication gate is wired: before the sweep has
// been at a single certificate.

import { setTimeout as wait } from 'node:timers/promises';
import { connectOnce } from '#cli/demo/mqtt-device.ts';
import { AwsFault } from '#local/http/aws-fault.ts';
import { startLocalSystem } from '#local/system.ts';
import { hard, type Measure, reported } from './measure.ts';
import { type BenchDevice, TENANT, tenantOf } from './tenant.ts';

const DEVICES = 20;
const FIRST_SECOND_MS = 1_000;
const RETRY_MS = 250;
const PATIENCE_MS = 30_000;

export const measureGate = async (): Promise<readonly Measure[]> => {
  const system = await startLocalSystem({ context: { gate: 'true' } });
  try {
    const { api, broker, ca, device } = await tenantOf(system);
    /** @returns whether the device is let in; it leaves at once */
    const isAdmitted = async (one: BenchDevice): Promise<boolean> => {
      const { session } = await connectOnce(broker, one, one.clientId, 4);
      await session?.close();
      return session !== null;
    };
    const letIn = async (one: BenchDevice): Promise<void> => {
      for (const until = performance.now() + PATIENCE_MS; !(await isAdmitted(one)); await wait(RETRY_MS))
        if (performance.now() > until)
          throw new Error(`${one.clientId} was not let in within ${PATIENCE_MS / 1_000} s`);
    };
    const devices = Array.from({ length: DEVICES }, (_, index) => device(`device-${index}`));
    await Promise.all(devices.map(letIn));
    /** All of them at once. @returns how many are let in */
    const connectAll = async (): Promise<number> => (await Promise.all(devices.map(isAdmitted))).filter(Boolean).length;

    // Others use the quota up: IoT Core alone lets all of them in for as long as this lasts.
    system.hooks.intercept({
      before: ({ operation }) => {
        if (operation === 'UpdateCertificate') throw new AwsFault('ThrottlingException', 'Rate exceeded', 400);
      },
    });
    await api('revokeAnchor', { params: { tenant: TENANT, anchor: ca.id } });
    const revokedAt = performance.now();
    const sinceMs = () => performance.now() - revokedAt;
    while ((await connectAll()) > 0 && sinceMs() < PATIENCE_MS);
    const refusedMs = sinceMs();
    await wait(Math.max(0, FIRST_SECOND_MS - sinceMs()));
    const admitted = await connectAll();
    const followed = devices.filter(({ id }) => system.iot.certificates.get(id)?.status !== 'ACTIVE');
    if (followed.length > 0)
      throw new Error(`expected all certificates to be ACTIVE, got ${followed.length} that are not`);
    return [
      hard('gate-admitted-after-first-second', admitted, 'connects', 0),
      reported('gate-refuses-all-after-ms', Math.round(refusedMs), 'ms', FIRST_SECOND_MS),
    ];
  } finally {
    await system.stop();
  }
};
