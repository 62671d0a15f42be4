// The stacks, made on the emulated services: functions, event sources and the API door of the template.

import { createServer, type RequestListener } from 'node:http';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { CloudAssembly } from '#local/assembly/cloud-assembly.ts';
import { createScheduler, type Scheduler, type ScheduleTarget } from '#local/cloud/scheduler/scheduler.ts';
import { apiDoor } from '#local/http/api-door.ts';
import { createHttpApiBuilder } from '#local/http/http-api.ts';
import { createPrincipals, type Principals } from '#local/http/principals.ts';
import { createCustomResource } from '#local/lambda/custom-resource.ts';
import { createFunctionTable, type FunctionTable } from '#local/lambda/function-table.ts';
import { invokeForService } from '#local/lambda/invoke-for-service.ts';
import { type QueueEventSource, startQueueEventSource } from '#local/lambda/queue-event-source.ts';
import { listen } from '#local/listen.ts';
import { ACCOUNT, HOST, type Services } from '#local/services.ts';
import type { SystemLog } from '#local/system-log.ts';
import type { Cloud, EventSourceMapping } from '#local/template/cloud.ts';
import { deploy, type Outputs } from '#local/template/deploy.ts';
import { createResource } from '#local/template/providers.ts';
import { STACK } from '#names/outputs.ts';

export type DeploymentOptions = {
  readonly services: Services;
  readonly assembly: CloudAssembly;
  readonly apiPort: number;
  /** epoch milliseconds; null: the machine's own clock, which functions have anyway */
  readonly clock: (() => number) | null;
  readonly log: SystemLog;
};

export type Deployment = {
  readonly apiUrl: string;
  readonly principals: Principals;
  readonly functions: FunctionTable;
  readonly eventSources: readonly QueueEventSource[];
  readonly scheduler: Pick<Scheduler, 'runDue'>;
  readonly outputs: Outputs;
  stop(): Promise<void>;
};

/** A file that is not there: a developer's own AWS configuration is none of a function's. */
const NO_FILE = '/nonexistent/aws';

const notYet: RequestListener = (_, response) => {
  response.writeHead(503, { 'content-type': 'application/json' }).end('{"message":"Service Unavailable"}');
};

/** @throws TemplateError or PortInUseError; nothing is left running then */
export const startDeployment = async (options: DeploymentOptions): Promise<Deployment> => {
  const { services, assembly, log } = options;
  await using parts = new AsyncDisposableStack();
  const started = <Part extends { stop(): Promise<void> }>(part: Part): Part => {
    parts.defer(() => part.stop());
    return part;
  };

  const functions = started(
    createFunctionTable(ACCOUNT.accountId, {
      clock: options.clock,
      log: (name, line) => log.write(name, line),
    }),
  );
  services.invokeFunctionsBy(invokeForService(functions, 'iot.amazonaws.com'));
  services.lambda.serve(functions.find);
  const clock = options.clock ?? Date.now;
  const scheduler = createScheduler({
    clock,
    deliver: async (target: ScheduleTarget, input: string) => {
      if (target.kind === 'queue') {
        await services.queues.send(new SendMessageCommand({ QueueUrl: target.queueUrl, MessageBody: input }));
        return;
      }
      const outcome = await functions.get(target.functionName).invoke(JSON.parse(input));
      if (!outcome.ok) throw new Error(`${outcome.error.errorType}: ${outcome.error.errorMessage}`);
    },
    onFailed: (schedule, error) =>
      log.write('scheduler', `${schedule}: ${error instanceof Error ? error.message : String(error)}`),
  });
  let answer = notYet;
  const server = createServer((request, response) => answer(request, response));
  const { port } = started(await listen(server, 'the management API', options.apiPort));

  const api = createHttpApiBuilder();
  const mappings: EventSourceMapping[] = [];
  const cloud: Cloud = {
    account: ACCOUNT,
    assets: assembly.assets,
    dynamodb: services.dynamodb,
    sqs: services.queueNaming,
    iot: services.iot,
    createEventBus: services.events.createBus,
    registerRule: services.rules.registerRule,
    createBucket: services.objects.createBucket,
    privateCa: services.privateCa,
    addSchedule: scheduler.add,
    functions,
    eventSources: mappings,
    api,
    sdkEnvironment: (functionName) => ({
      ...services.issueCredentials(functionName),
      AWS_ENDPOINT_URL: services.endpoint,
      AWS_CONFIG_FILE: NO_FILE,
      AWS_SHARED_CREDENTIALS_FILE: NO_FILE,
    }),
    customResource: async (resource, serviceToken) => createCustomResource(resource, functions.get(serviceToken)),
  };
  const broker = { BrokerPort: String(services.broker.port), BrokerServerCa: services.serverCa };
  const outputs = await deploy(assembly.stacks, {
    account: ACCOUNT,
    parameters: { [STACK.onboarding]: broker },
    create: (resource) => createResource(resource, cloud),
  });

  const httpApi = api.build(functions);
  const apiId = httpApi?.id ?? 'none';
  const principals = createPrincipals(
    ACCOUNT.accountId,
    `arn:${ACCOUNT.partition}:execute-api:${ACCOUNT.region}:${ACCOUNT.accountId}:${apiId}/$default`,
  );
  if (httpApi !== null) {
    answer = apiDoor({ ...ACCOUNT, api: httpApi, principals, clock, log: (line) => log.write('api', line) });
  }
  const eventSources = mappings.map(({ functionName, ...config }) =>
    startQueueEventSource(config, services.queues, functions.get(functionName).invoke, (line) =>
      log.write('event-source', line),
    ),
  );
  // Together: an event source waits for its invocations, which may hang for as long as the function may take. What is
  // cut off is redelivered, as after a crash.
  parts.defer(async () => {
    await Promise.all([...eventSources.map((source) => source.stop()), scheduler.stop(), functions.stop()]);
  });
  scheduler.start();

  const running = parts.move();
  return {
    apiUrl: `http://${HOST}:${port}`,
    principals,
    functions,
    eventSources,
    scheduler,
    outputs,
    stop: () => running.disposeAsync(),
  };
};
