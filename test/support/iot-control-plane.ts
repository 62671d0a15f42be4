// The embedded IoT control plane behind its HTTP door, with the real SDK client before it.

import { IoTClient } from '@aws-sdk/client-iot';
import {
  type ControlPlane,
  type ControlPlaneOptions,
  createIotControlPlane,
} from '#local/iot/control-plane/control-plane.ts';
import { startIotEndpoint } from '#local/iot/rest-json/endpoint.ts';
import { emptyIotState, type IotState } from '#local/iot/state.ts';

export const ACCOUNT = '123456789012';
export const REGION = 'eu-central-1';

export type RunningControlPlane = {
  readonly iot: IoTClient;
  readonly state: IotState;
  readonly controlPlane: ControlPlane;
  readonly url: string;
  readonly stop: () => Promise<void>;
};

export const startControlPlane = async (options: Partial<ControlPlaneOptions> = {}): Promise<RunningControlPlane> => {
  const state = options.state ?? emptyIotState();
  const controlPlane = createIotControlPlane({
    clock: () => Date.UTC(2026, 0, 31, 12),
    accountId: ACCOUNT,
    region: REGION,
    partition: 'aws',
    endpointAddress: 'localhost',
    ...options,
    state,
  });
  const door = await startIotEndpoint(controlPlane);
  const iot = new IoTClient({
    endpoint: door.url,
    region: REGION,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  const stop = async () => {
    iot.destroy();
    await door.stop();
  };
  return { iot, state, controlPlane, url: door.url, stop };
};
