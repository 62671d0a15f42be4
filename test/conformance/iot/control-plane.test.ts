// What all operations of the embedded IoT control plane have in common: doors, errors, hooks, quotas and counts.

import {
  CreateThingCommand,
  DescribeEndpointCommand,
  DescribeEventConfigurationsCommand,
  DescribeThingCommand,
  IoTClient,
  ListJobsCommand,
  ThrottlingException,
  UpdateEventConfigurationsCommand,
} from '@aws-sdk/client-iot';
import { afterEach, expect, it } from 'vitest';
import type { ControlPlaneOptions } from '#local/iot/control-plane/control-plane.ts';
import { IotError } from '#local/iot/rest-json/errors.ts';
import { type RunningControlPlane, startControlPlane } from '#support/iot-control-plane.ts';

const started: RunningControlPlane[] = [];
const start = async (options: Partial<ControlPlaneOptions> = {}) => {
  const running = await startControlPlane(options);
  started.push(running);
  return running;
};

afterEach(async () => {
  for (const running of started.splice(0)) await running.stop();
});

it('names the operation that it does not emulate, and the client does not retry it', async () => {
  const { url } = await start();
  const iot = new IoTClient({
    endpoint: url,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'k', secretAccessKey: 's' },
  });

  await expect(iot.send(new ListJobsCommand({}))).rejects.toMatchObject({
    name: 'NotEmulatedException',
    message: 'operation ListJobs is not emulated',
    $metadata: { httpStatusCode: 501, attempts: 1 },
  });
  iot.destroy();
});

it('says so when a request is none of AWS IoT', async () => {
  const { url } = await start();
  const response = await fetch(`${url}/nothing/here`);

  expect(response.status).toBe(501);
  expect(await response.json()).toEqual({ message: 'no operation of AWS IoT has GET /nothing/here' });
});

it('refuses a body that is not JSON, a member of the wrong type and a path that is not percent-encoded', async () => {
  const { url, state } = await start();
  const post = (path: string, body: string) => fetch(`${url}${path}`, { method: 'POST', body });

  for (const response of [
    await post('/things/one', '{'),
    await post('/things/one', '[]'),
    await post('/things/one', '{"attributePayload":{"attributes":{"a":1}}}'),
    await post('/things/%ff', '{}'),
    await post('/policies/p', '{}'),
  ]) {
    expect(response.status).toBe(400);
    expect(response.headers.get('x-amzn-errortype')).toBe('InvalidRequestException');
  }
  expect(state.things.size).toBe(0);
});

it('a hook before the effect can refuse an operation as AWS would', async () => {
  const { iot, state } = await start({
    hooks: {
      before: (operation) => {
        if (operation === 'CreateThing') throw new IotError('ThrottlingException', 'Rate exceeded');
      },
    },
  });

  await expect(iot.send(new CreateThingCommand({ thingName: 'one' }))).rejects.toBeInstanceOf(ThrottlingException);
  expect(state.things.size).toBe(0);
});

it('a hook after the effect can hide that it happened', async () => {
  const seen: unknown[] = [];
  const { iot, state } = await start({
    hooks: {
      after: async (operation, input, output) => {
        seen.push([operation, input, Object.keys(output)]);
        throw new Error('connection lost');
      },
    },
  });

  await expect(iot.send(new CreateThingCommand({ thingName: 'one' }))).rejects.toMatchObject({
    name: 'InternalFailureException',
    $metadata: { httpStatusCode: 500 },
  });
  expect([...state.things.keys()]).toEqual(['one']);
  expect(seen).toEqual([['CreateThing', { thingName: 'one' }, ['thingName', 'thingArn', 'thingId']]]);
});

it('grants the request rates of AWS when quotas are on, and counts what it refuses', async () => {
  let now = 0;
  const { iot, controlPlane } = await start({ quotas: true, clock: () => now });
  const endpoint = () => iot.send(new DescribeEndpointCommand({ endpointType: 'iot:Data-ATS' }));

  for (let count = 0; count < 10; count += 1) await endpoint();
  await expect(endpoint()).rejects.toBeInstanceOf(ThrottlingException);
  now += 99;
  await expect(endpoint()).rejects.toBeInstanceOf(ThrottlingException);
  now += 1;
  expect((await endpoint()).endpointAddress).toBe('localhost');
  await expect(endpoint()).rejects.toBeInstanceOf(ThrottlingException);
  expect(controlPlane.calls.get('DescribeEndpoint')).toBe(14);

  now += 60_000;
  for (let count = 0; count < 10; count += 1) await endpoint();
  await expect(endpoint()).rejects.toBeInstanceOf(ThrottlingException);
});

it('answers a change only after it has been kept', async () => {
  const order: string[] = [];
  const { iot } = await start({
    onChange: async () => {
      await Promise.resolve();
      order.push('kept');
    },
    hooks: { after: (operation) => void order.push(operation) },
  });

  await iot.send(new CreateThingCommand({ thingName: 'one' }));
  await iot.send(new DescribeThingCommand({ thingName: 'one' }));
  expect(order).toEqual(['kept', 'CreateThing', 'DescribeThing']);
});

it('switches event types one by one', async () => {
  const { iot } = await start();
  await iot.send(
    new UpdateEventConfigurationsCommand({
      eventConfigurations: { CA_CERTIFICATE: { Enabled: true }, CERTIFICATE: { Enabled: true } },
    }),
  );
  await iot.send(new UpdateEventConfigurationsCommand({ eventConfigurations: { CERTIFICATE: { Enabled: false } } }));

  const { eventConfigurations } = await iot.send(new DescribeEventConfigurationsCommand({}));
  expect(eventConfigurations).toMatchObject({
    CA_CERTIFICATE: { Enabled: true },
    CERTIFICATE: { Enabled: false },
    THING: { Enabled: false },
  });
});
