// How many calls a warm onboarding function makes, counted on the wire.

import { assertFinished, type Calls } from './aws-services.ts';
import { startFunctionProcess } from './function-process.ts';
import { hard, type Measure } from './measure.ts';
import { type OnboardingServices, startOnboardingServices } from './onboarding-services.ts';
import { sequentialCalls } from './recording-proxy.ts';

const WRITES = ['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem', 'TransactWriteItems'];
const DEVICES = 3;
/** long enough that calls sent side by side overlap on a busy machine */
const HOLD_MS = 25;

const writes = ({ dynamoDb }: Calls): number => dynamoDb.filter(({ operation }) => WRITES.includes(operation)).length;
const most = (samples: readonly Calls[], count: (calls: Calls) => number): number => Math.max(...samples.map(count));

export const measureCalls = async (bundle: string): Promise<readonly Measure[]> => {
  await using services: OnboardingServices = await startOnboardingServices(HOLD_MS);
  await using process = startFunctionProcess(bundle, services.environment);

  const callsOf = async (event: object): Promise<Calls> => {
    services.take();
    const { result } = await process.invoke(event);
    assertFinished(result);
    return services.take();
  };
  const each = async (cn: (index: number) => string): Promise<{ events: object[]; calls: Calls[] }> => {
    const events = Array.from({ length: DEVICES }, (_, index) => services.newDevice(cn(index)));
    const calls: Calls[] = [];
    for (const event of events) calls.push(await callsOf(event));
    return { events, calls };
  };

  await callsOf(services.newDevice('warm-up'));
  await callsOf(await services.newDeviceOfUser('warm-up'));
  const accepted = await each((index) => `device-${index}`);
  const rejected = await each((index) => `not a name ${index}`);
  const ofUsers: Calls[] = [];
  const moved: Calls[] = [];
  for (let index = 0; index < DEVICES; index += 1) {
    ofUsers.push(await callsOf(await services.newDeviceOfUser(`user-${index}`)));
    moved.push(await callsOf(await services.movedDevice(`user-${index}`)));
  }
  const repeats: Calls[] = [];
  const leased = await services.leasedDevice('leased');
  for (const event of [...accepted.events, ...rejected.events, leased]) repeats.push(await callsOf(event));

  return [
    hard(
      'iot-calls-per-accepted-device',
      most(accepted.calls, ({ iot }) => iot.length),
      'calls',
      5,
    ),
    hard(
      'onboard-device-sequential-iot-calls',
      most(accepted.calls, ({ iot }) => sequentialCalls(iot)),
      'calls',
      4,
    ),
    hard(
      'iot-calls-per-rejected-device',
      most(rejected.calls, ({ iot }) => iot.length),
      'calls',
      2,
    ),
    hard(
      'dynamodb-calls-per-accepted-device',
      most(accepted.calls, ({ dynamoDb }) => dynamoDb.length),
      'calls',
      7,
    ),
    hard(
      'dynamodb-calls-per-accepted-device-with-user',
      most(ofUsers, ({ dynamoDb }) => dynamoDb.length),
      'calls',
      7,
    ),
    hard(
      'iot-calls-per-moved-device',
      most(moved, ({ iot }) => iot.length),
      'calls',
      2,
    ),
    hard('dynamodb-writes-per-accepted-device', most(accepted.calls, writes), 'calls', 5),
    hard(
      'iot-calls-per-repeat',
      most(repeats, ({ iot }) => iot.length),
      'calls',
      0,
    ),
    hard('dynamodb-writes-per-repeat', most(repeats, writes), 'calls', 1),
  ];
};
