// How long a device waits from the broker closing its first connection until it is let in, many devices at once.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startLocalSystem } from '#local/system.ts';
import { type Measure, percentile, reported } from './measure.ts';
import type { Fleet, Waits } from './reconnecting-devices.ts';
import { tenantOf } from './tenant.ts';

/** that come at the same moment and retry every 250 ms, four times what IoT Core lets one client id do */
export const DEVICES = 50;
/** enough for every execution environment that a storm uses to be warm */
const WARM_UP = 12;
const RETRY_MS = 250;
const PATIENCE_MS = 60_000;

const ENTRY = fileURLToPath(new URL('./reconnecting-devices.ts', import.meta.url));

export const measureReconnect = async (): Promise<readonly Measure[]> => {
  const system = await startLocalSystem();
  const process = fork(ENTRY);
  try {
    const { broker, device } = await tenantOf(system);
    const letIn = async (names: readonly string[]): Promise<readonly number[]> => {
      const devices = names.map(device);
      process.send({ broker, devices, retryMs: RETRY_MS, patienceMs: PATIENCE_MS } satisfies Fleet);
      const [answer] = (await once(process, 'message')) as [Waits];
      if ('error' in answer) throw new Error(answer.error);
      return answer.waits;
    };
    // cold starts belong to the system, not to the device
    await letIn(Array.from({ length: WARM_UP }, (_, index) => `warm-up-${index}`));
    const waits = await letIn(Array.from({ length: DEVICES }, (_, index) => `device-${index}`));
    return [
      reported('reconnect-p50-ms', Math.round(percentile(waits, 0.5)), 'ms', null),
      reported('reconnect-p95-ms', Math.round(percentile(waits, 0.95)), 'ms', 2_000),
    ];
  } finally {
    process.kill();
    await system.stop();
  }
};
