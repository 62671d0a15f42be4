// `npm run bench`: measures what is promised, prints it beside its budget, and fails when a hard budget is broken.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultBundle, ourBundle, packagesTwice } from './bundles.ts';
import { measureCalls } from './calls.ts';
import { measureCommands } from './commands.ts';
import { measureFirstInvocation } from './first-invocation.ts';
import { hard, type Measure } from './measure.ts';
import { printMeasures } from './print.ts';
import { DEVICES, measureReconnect } from './reconnect.ts';

const json = process.argv.includes('--json');
const folder = await mkdtemp(join(tmpdir(), 'vestibule-bench-'));
const say = (text: string): void => console.error(text);

const bench = async (): Promise<readonly Measure[]> => {
  say('bundling the onboarding function, ours and by CDK defaults …');
  const ours = await ourBundle(join(folder, 'ours'));
  const byDefault = await defaultBundle(join(folder, 'default'));
  const twice = packagesTwice(ours);
  if (twice.length > 0) say(`bundled twice: ${twice.join(', ')}`);
  const sizes = [
    hard('onboard-device-bundle-kb', Math.ceil(ours.bytes / 100) / 10, 'kB', 480),
    hard('onboard-device-packages-bundled-twice', twice.length, 'packages', 0),
  ];
  say('counting the calls of a warm function …');
  const calls = await measureCalls(ours.file);
  say('timing first invocations in fresh processes (about 30 s) …');
  const times = await measureFirstInvocation(ours.file, byDefault.file);
  say(`starting the embedded system; ${DEVICES} devices at once (about 20 s) …`);
  const waits = await measureReconnect();
  say('npm start and npm run demo, as a person runs them (about 30 s) …');
  const commands = await measureCommands();
  return [...calls, ...sizes, ...times, ...waits, ...commands];
};

try {
  const measures = await bench();
  printMeasures(measures, json);
  if (measures.some(({ ok }) => !ok)) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
