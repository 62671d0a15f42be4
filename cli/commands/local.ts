// vestibule local: the embedded system in this process, until it is told to stop.

import { once } from 'node:events';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { DataFolderError } from '#local/data-folder.ts';
import { PortInUseError } from '#local/listen.ts';
import { startLocalSystem } from '#local/system.ts';
import { OUTPUT, STACK } from '#names/outputs.ts';
import type { Context } from '../context.ts';
import { Failure } from '../failure.ts';
import { fields } from '../output.ts';
import { announceSystem, systemHome } from '../running-system.ts';
import { walkThrough } from '../walk-through.ts';

export type LocalOptions = {
  readonly data?: string;
  readonly port?: number;
  readonly apiPort?: number;
  readonly refusals?: 'aws' | 'seed';
};

const MQTT_PORT = 8_883;
const API_PORT = 8_880;

/** The usual port when it is free, else any: a broker that runs already is no reason not to start. */
const usualPort = async (port: number): Promise<number> => {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return port;
  } catch {
    return 0;
  }
};

const asLocalFailure = (error: unknown): unknown => {
  if (!(error instanceof Error)) return error;
  if (error instanceof PortInUseError) return new Failure('PORT_IN_USE', error.message, { cause: error });
  // a resource that cannot be made in the folder is named around it
  return [error, error.cause].some((one) => one instanceof DataFolderError)
    ? new Failure('DATA_FOLDER', error.message, { cause: error })
    : error;
};

const PARENT_CHECK_MS = 250;

/** npm runs a script through a shell and, told to stop, ends only that shell: being left alone is our signal then. */
const orphaned = (): Promise<void> =>
  new Promise((resolve) => {
    const parent = process.ppid;
    setInterval(() => {
      if (process.ppid !== parent) resolve();
    }, PARENT_CHECK_MS).unref();
  });

const stopAsked = (env: NodeJS.ProcessEnv): Promise<unknown> =>
  Promise.race([
    ...(['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((signal) => once(process, signal)),
    ...(env['npm_lifecycle_event'] === undefined ? [] : [orphaned()]),
  ]);

export const runLocal = async ({ output, env }: Context, options: LocalOptions): Promise<void> => {
  const announced = announceSystem(systemHome(env));
  const toldToStop = stopAsked(env);
  try {
    output.note('starting: the stacks are synthesized first, which takes a few seconds …');
    const system = await startLocalSystem({
      port: options.port ?? (await usualPort(MQTT_PORT)),
      apiPort: options.apiPort ?? (await usualPort(API_PORT)),
      ...(options.data === undefined ? {} : { dataFolder: resolve(options.data) }),
      ...(options.refusals && { refusals: options.refusals }),
      // it costs money on AWS alone
      context: { privateCa: 'create' },
    }).catch((error: unknown) => {
      throw asLocalFailure(error);
    });
    try {
      const { mqtt, api, aws, serverCaFile, credentials } = system;
      announced.ready({ api, aws, credentials: credentials.operator });
      const privateCaArn = system.outputs.get(STACK.registry)?.get(OUTPUT.privateCaArn) ?? null;
      output.line({ mqtt, api, aws, serverCaFile }, () =>
        [
          fields([
            ['MQTT', `mqtts://${mqtt.host}:${mqtt.port}`],
            ['management API', api.url],
            ['AWS endpoint', `${aws.endpoint} (region ${aws.region}, account ${aws.accountId})`],
            ['server CA', serverCaFile],
            ['private CA', privateCaArn],
            ['state', options.data === undefined ? 'in memory' : resolve(options.data)],
          ]),
          '',
          walkThrough({ mqtt, serverCaFile }),
          'Ctrl-C stops it.',
        ].join('\n'),
      );
      await toldToStop;
      output.note('stopping …');
    } finally {
      await system.stop();
    }
  } finally {
    announced.gone();
  }
};
