// What a cold start costs: import and first invocation in a fresh process, over the same handler bundled by default.

import { startFunctionProcess } from './function-process.ts';
import { type Measure, median, reported } from './measure.ts';
import { startOnboardingServices } from './onboarding-services.ts';

const RUNS = 15;

/** Runs alternate between the bundles, so that a busy moment of the machine meets both. */
export const measureFirstInvocation = async (ours: string, byDefault: string): Promise<readonly Measure[]> => {
  await using services = await startOnboardingServices(0);
  const firstInvocation = async (bundle: string, cn: string): Promise<number> => {
    const event = services.newDevice(cn);
    await using process = startFunctionProcess(bundle, services.environment);
    const { importMs, invocationMs } = await process.invoke(event);
    return importMs + invocationMs;
  };

  const times: { ours: number[]; byDefault: number[] } = { ours: [], byDefault: [] };
  for (let run = 0; run <= RUNS; run += 1) {
    const pair = {
      ours: await firstInvocation(ours, `ours-${run}`),
      byDefault: await firstInvocation(byDefault, `default-${run}`),
    };
    // the first pair warms the disk cache and the services
    if (run === 0) continue;
    times.ours.push(pair.ours);
    times.byDefault.push(pair.byDefault);
  }
  const [mine, theirs] = [median(times.ours), median(times.byDefault)];
  return [
    reported('onboard-device-first-invocation-ms', Math.round(mine), 'ms', null),
    reported('onboard-device-first-invocation-ratio', Number((mine / theirs).toFixed(3)), 'ratio', 0.85, 0.9),
  ];
};
