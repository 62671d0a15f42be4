// A process of devices: each connects, is turned away, and retries until it is let in. Apart from the system, as real
// devices are: TLS for both ends in one event loop would be most of what is measured.

import { setTimeout as wait } from 'node:timers/promises';
import { type Broker, connectOnce, type Session } from '#cli/demo/mqtt-device.ts';

export type Fleet = {
  readonly broker: Broker;
  readonly devices: readonly { readonly clientId: string; readonly chain: string; readonly key: string }[];
  readonly retryMs: number;
  readonly patienceMs: number;
};
/** Milliseconds that each device waited from its first close to its CONNACK. */
export type Waits = { readonly waits: readonly number[] } | { readonly error: string };

type LetIn = { readonly waitedMs: number; readonly session: Session };

const untilLetIn = async (fleet: Fleet, { clientId, ...files }: Fleet['devices'][number]): Promise<LetIn> => {
  const attempt = () => connectOnce(fleet.broker, files, clientId, 4);
  if ((await attempt()).session) throw new Error(`the first connect of ${clientId} was let in`);
  const closedAt = performance.now();
  while (performance.now() - closedAt < fleet.patienceMs) {
    await wait(fleet.retryMs);
    const { session } = await attempt();
    if (session !== null) return { waitedMs: performance.now() - closedAt, session };
  }
  throw new Error(`${clientId} was not let in within ${fleet.patienceMs / 1_000} s`);
};

const onboard = async (fleet: Fleet): Promise<readonly number[]> => {
  const letIn = await Promise.all(fleet.devices.map((device) => untilLetIn(fleet, device)));
  await Promise.all(letIn.map(({ session }) => session.close()));
  return letIn.map(({ waitedMs }) => waitedMs);
};

process.on('message', (fleet: Fleet) => {
  onboard(fleet).then(
    (waits) => process.send?.({ waits } satisfies Waits),
    (error: unknown) => process.send?.({ error: String(error) } satisfies Waits),
  );
});
