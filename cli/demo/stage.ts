// What the stories of the demo play on: one device of a tenant, and patience for what the registry is about to say.

import { setTimeout } from 'node:timers/promises';
import { type Api, ApiFailure } from '../api-client.ts';
import type { DeviceFiles, Factory } from './factory.ts';
import { type Attempt, type Broker, connectOnce, type MqttVersion, type Session } from './mqtt-device.ts';
import { expect, type Report } from './report.ts';

export type Scene = {
  readonly api: Api;
  readonly broker: Broker;
  readonly report: Report;
  /** the tenant's CA */
  readonly factory: Factory;
  /** another CA of the same name, which nobody registered */
  readonly impostor: Factory;
  /** what was announced on the event bus */
  readonly announced: () => readonly Announcement[];
};

export type Announcement = { readonly 'detail-type': string; readonly detail: unknown };

export type Stage = Scene & {
  readonly device: DeviceFiles;
  connect(clientId: string, files?: DeviceFiles): Promise<Attempt>;
  /** The session that was opened last. @throws Unmet when it is closed */
  live(): Session;
  /** Ends every session that is still open. */
  clear(): Promise<void>;
};

export const openStage = (scene: Scene, device: DeviceFiles, protocol: MqttVersion): Stage => {
  const sessions: Session[] = [];
  return {
    ...scene,
    device,
    connect: async (clientId, files = device) => {
      const attempt = await connectOnce(scene.broker, files, clientId, protocol);
      if (attempt.session) sessions.push(attempt.session);
      return attempt;
    },
    live: () => {
      const last = sessions.at(-1);
      expect(last?.isOpen() === true, 'the session to be open');
      return last;
    },
    clear: async () => {
      await Promise.all(sessions.map((session) => session.close()));
    },
  };
};

export const RETRY_MS = 250;
export const POLL_MS = 50;
const PATIENCE_MS = 15_000;

/** Asks again until the answer holds. @throws Unmet after PATIENCE_MS */
export const eventually = async <T>(everyMs: number, expectation: string, ask: () => Promise<T | null>): Promise<T> => {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    expect(performance.now() < deadline, `${expectation} within ${PATIENCE_MS / 1_000} s`);
    await setTimeout(everyMs);
  }
};

/** Waits until a session is closed by the broker, for PATIENCE_MS at most. */
export const ended = async (session: Session): Promise<boolean> => {
  // Unreferenced: it must not keep the demo alive once the session has ended.
  await Promise.race([session.ended, setTimeout(PATIENCE_MS, null, { ref: false })]);
  return !session.isOpen();
};

export const findDevice = async ({ api }: Stage, fingerprint: string) => {
  try {
    return await api('showDevice', { params: { device: fingerprint } });
  } catch (error) {
    if (error instanceof ApiFailure && error.status === 404) return null;
    throw error;
  }
};

export const deviceInState = (stage: Stage, state: string) =>
  eventually(POLL_MS, `state ${state} in the registry`, async () => {
    const found = await findDevice(stage, stage.device.fingerprint);
    return found?.state === state ? found : null;
  });

/** @returns how the broker refused it */
export const refused = (attempt: Attempt, clientId: string): string => {
  expect(attempt.session === null, `client id ${clientId} to be refused, it got a session`);
  return attempt.refusal;
};

/** The first connect of a device that nobody knows. @returns what is to be said of it */
export const firstConnect = async (stage: Stage, clientId: string): Promise<string> => {
  const refusal = refused(await stage.connect(clientId), clientId);
  expect(refusal === 'closed without CONNACK', `a close without CONNACK, got ${refusal}`);
  return 'no CONNACK; the certificate is known now';
};

/** Connects as a device does, until it is let in. */
export const letIn = (stage: Stage, clientId: string): Promise<Session> =>
  eventually(RETRY_MS, `a session for ${clientId}`, async () => (await stage.connect(clientId)).session);
