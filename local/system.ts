// The embedded system: the synthesized stacks, run on this machine. A library first; `vestibule local` is a thin process.

import { join } from 'node:path';
import { readCloudAssembly } from '#local/assembly/cloud-assembly.ts';
import { synthesize } from '#local/assembly/synthesize.ts';
import type { DeliveredEvent } from '#local/cloud/event-bus.ts';
import { openDataFolder } from '#local/data-folder.ts';
import { startDeployment } from '#local/deployment.ts';
import type { Interceptor } from '#local/http/aws-door.ts';
import type { Credentials } from '#local/http/principals.ts';
import type { Broker } from '#local/iot/broker/broker.ts';
import type { Refusals } from '#local/iot/broker/service.ts';
import type { IotState } from '#local/iot/state.ts';
import type { Failure } from '#local/lambda/function-runner.ts';
import { ACCOUNT, HOST, startServices } from '#local/services.ts';
import { createSystemLog, type LogLine } from '#local/system-log.ts';
import type { Outputs } from '#local/template/deploy.ts';
import { OUTPUT, STACK } from '#names/outputs.ts';

export type LocalSystemOptions = {
  /** of MQTT over TLS. @default any that is free, as of the ports below */
  readonly port?: number;
  /** of the management API */
  readonly apiPort?: number;
  /** of the AWS APIs */
  readonly awsPort?: number;
  /** keeps the state. @default it is in memory, and gone at the end */
  readonly dataFolder?: string;
  /** folder of a cloud assembly. @default the stacks are synthesized */
  readonly assembly?: string;
  /** CDK context of the synthesis, as `-c name=value` gives it: what the stacks are to have beside the rest */
  readonly context?: Readonly<Record<string, string>>;
  /** epoch milliseconds: the time of broker, signatures and functions. @default the machine's clock */
  readonly clock?: () => number;
  /** enforces the default quotas of AWS IoT Core. @default false */
  readonly quotas?: boolean;
  /** how the broker says no. @default 'aws' */
  readonly refusals?: Refusals;
  /** takes each line that a function or a part of the system writes */
  readonly log?: (line: LogLine) => void;
};

export type FunctionReport = {
  /** such as `onboard-device`: the service that its logs name */
  readonly name: string;
  /** the name that Lambda knows */
  readonly functionName: string;
  readonly invocations: number;
  /** newest last, bounded */
  readonly failures: readonly Failure[];
};

export type Hooks = {
  /**
   * Sees every call to the AWS APIs, and may answer it with a fault in place of its effect or in place of its answer.
   * @returns how to end it
   */
  intercept(interceptor: Interceptor): () => void;
  /** Ends the environments of a function at once, as a crash beneath it would. @param name as in `functions()` */
  killFunction(name: string): Promise<void>;
  /** Makes messages that a function failed on visible again, as if their visibility timeout had passed. */
  redeliverFailed(): Promise<void>;
  /** Runs the schedules that are due by the system's clock, and waits until they have run. @returns their names */
  runSchedules(): Promise<readonly string[]>;
};

export type LocalSystem = {
  readonly mqtt: { readonly host: string; readonly port: number };
  readonly api: { readonly url: string };
  /** one URL for every AWS API: what AWS_ENDPOINT_URL takes */
  readonly aws: { readonly endpoint: string; readonly region: string; readonly accountId: string };
  /** PEM of the CA that devices must trust to know the broker; the file goes with the system unless its state lasts */
  readonly serverCaFile: string;
  readonly serverCaPem: string;
  readonly credentials: { readonly operator: Credentials; readonly tenantAdmin: (tenant: string) => Credentials };
  /** of the stacks, such as the name of the registry's table */
  readonly outputs: Outputs;
  readonly hooks: Hooks;
  /** what IoT Core knows, to be looked at */
  readonly iot: IotState;
  readonly broker: Pick<Broker, 'connectedClients' | 'disconnect'>;
  /** announced on the event bus of the stacks; newest last, bounded */
  events(): readonly DeliveredEvent[];
  functions(): readonly FunctionReport[];
  /** newest last, bounded */
  logs(): readonly LogLine[];
  stop(): Promise<void>;
};

/**
 * Starts the system and waits until everything in the template stands, custom resources included.
 * @throws PortInUseError
 * @throws Error when the stacks cannot be synthesized or made, or the data folder is damaged; nothing is left running
 */
export const startLocalSystem = async (options: LocalSystemOptions = {}): Promise<LocalSystem> => {
  await using parts = new AsyncDisposableStack();
  const log = createSystemLog(options.log ?? (() => {}));
  const folder = await openDataFolder(options.dataFolder ?? null);
  parts.defer(() => folder.close());
  const services = await startServices({
    folder,
    clock: options.clock ?? Date.now,
    mqttPort: options.port ?? 0,
    awsPort: options.awsPort ?? 0,
    quotas: options.quotas ?? false,
    refusals: options.refusals,
    log,
  });
  parts.defer(() => services.stop());
  await folder.write('server-ca.pem', services.serverCa);
  const deployment = await startDeployment({
    services,
    assembly: await readCloudAssembly(options.assembly ?? (await synthesize(options.context))),
    apiPort: options.apiPort ?? 0,
    clock: options.clock ?? null,
    log,
  });
  parts.defer(() => deployment.stop());

  const { principals, outputs } = deployment;
  const functions = () => deployment.functions.all().map((runner) => ({ runner, name: runner.displayName }));
  const busName = outputs.get(STACK.registry)?.get(OUTPUT.eventBusName) ?? 'default';
  const running = parts.move();
  return {
    mqtt: { host: HOST, port: services.broker.port },
    api: { url: deployment.apiUrl },
    aws: { endpoint: services.endpoint, region: ACCOUNT.region, accountId: ACCOUNT.accountId },
    serverCaFile: join(folder.path, 'server-ca.pem'),
    serverCaPem: services.serverCa,
    credentials: {
      operator: principals.operator.credentials,
      tenantAdmin: (tenant) => principals.tenantAdmin(tenant).credentials,
    },
    outputs,
    iot: services.state,
    broker: services.broker,
    hooks: {
      intercept: (interceptor) => {
        services.interceptors.add(interceptor);
        return () => services.interceptors.delete(interceptor);
      },
      killFunction: async (name) => {
        await Promise.all(
          functions()
            .filter((entry) => entry.name === name)
            .map(({ runner }) => runner.kill()),
        );
      },
      redeliverFailed: async () => {
        await Promise.all(deployment.eventSources.map((source) => source.redeliverFailed()));
      },
      runSchedules: deployment.scheduler.runDue,
    },
    events: () => services.events.events(busName),
    functions: () =>
      functions().map(({ name, runner }) => ({
        name,
        functionName: runner.config.name,
        invocations: runner.invocations(),
        failures: runner.failures(),
      })),
    logs: log.lines,
    stop: () => running.disposeAsync(),
  };
};
