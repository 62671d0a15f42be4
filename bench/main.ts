// `npm run bench`: measures what is promised, prints it beside its budget, and fails when a hard budget is broken.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bundle, defaultBundle, functionNames, ourBundle, packagesTwice } from './bundles.ts';
import { measureCalls } from './calls.ts';
import { measureCommands } from './commands.ts';
import { measureFirstInvocation } from './first-invocation.ts';
import { measureGate } from './gate.ts';
import { hard, type Measure } from './measure.ts';
import { measurePermissionChanges } from './permission-changes.ts';
import { measurePermissions } from './permissions.ts';
import { printMeasures } from './print.ts';
import { DEVICES, measureReconnect } from './reconnect.ts';
import { measureRevocation } from './revocation.ts';
import { measureTruststore } from './truststore.ts';

const json = process.argv.includes('--json');
const folder = await mkdtemp(join(tmpdir(), 'vestibule-bench-'));
const say = (text: string): void => console.error(text);

/** kB of each function: a little above what it is, so that growth is a decision. */
const BUNDLE_BUDGETS = {
  'onboard-device': 480,
  'converge-certificate': 480,
  'ops-api': 540,
  'apply-permission-set': 475,
  'record-presence': 356,
  'iot-event-messages': 285,
  'trust-api': 606,
  'work-on-trust': 770,
  'admit-connection': 250,
  'private-ca': 150,
};
type FunctionName = keyof typeof BUNDLE_BUDGETS;

const bundled = async (name: FunctionName): Promise<{ readonly file: string; readonly sizes: readonly Measure[] }> => {
  const bundle: Bundle = await ourBundle(name, join(folder, name));
  const twice = packagesTwice(bundle);
  if (twice.length > 0) say(`bundled twice in ${name}: ${twice.join(', ')}`);
  const sizes = [
    hard(`${name}-bundle-kb`, Math.ceil(bundle.bytes / 100) / 10, 'kB', BUNDLE_BUDGETS[name]),
    hard(`${name}-packages-bundled-twice`, twice.length, 'packages', 0),
  ];
  return { file: bundle.file, sizes };
};

const bench = async (): Promise<readonly Measure[]> => {
  const unweighed = (await functionNames()).filter((name) => !(name in BUNDLE_BUDGETS));
  if (unweighed.length > 0) throw new Error(`expected a budget for the bundle of ${unweighed.join(', ')}`);
  say('bundling every function, and the onboarding function by CDK defaults as well …');
  const functions = {
    'onboard-device': await bundled('onboard-device'),
    'converge-certificate': await bundled('converge-certificate'),
    'ops-api': await bundled('ops-api'),
    'apply-permission-set': await bundled('apply-permission-set'),
    'record-presence': await bundled('record-presence'),
    'iot-event-messages': await bundled('iot-event-messages'),
    'trust-api': await bundled('trust-api'),
    'work-on-trust': await bundled('work-on-trust'),
    'admit-connection': await bundled('admit-connection'),
    'private-ca': await bundled('private-ca'),
  } satisfies Record<FunctionName, unknown>;
  const sizes = Object.values(functions).flatMap((one) => one.sizes);
  const ours = functions['onboard-device'].file;
  const byDefault = await defaultBundle('onboard-device', join(folder, 'default'));
  say('compiling permissions …');
  const permissions = measurePermissions();
  say('rebuilding the truststore of 1,000 trust anchors (about 5 s) …');
  const truststore = await measureTruststore();
  say('revoking a CA with 2,500 certificates, in simulated time (about 40 s) …');
  const revocation = await measureRevocation();
  say('counting the calls of a warm function …');
  const calls = await measureCalls(ours);
  say('editing a role of 10,000 devices, and moving 1,000 (about 35 s) …');
  const changes = await measurePermissionChanges({
    'onboard-device': ours,
    'converge-certificate': functions['converge-certificate'].file,
    'ops-api': functions['ops-api'].file,
    'apply-permission-set': functions['apply-permission-set'].file,
  });
  say('timing first invocations in fresh processes (about 10 s) …');
  const times = await measureFirstInvocation(ours, byDefault.file);
  say(`starting the embedded system; ${DEVICES} devices at once (about 10 s) …`);
  const waits = await measureReconnect();
  say('revoking a CA behind the gate (about 10 s) …');
  const gate = await measureGate();
  say('npm start and npm run demo, as a person runs them (about 10 s) …');
  const commands = await measureCommands();
  return [
    ...calls,
    ...changes,
    ...permissions,
    ...truststore,
    ...revocation,
    ...sizes,
    ...times,
    ...waits,
    ...gate,
    ...commands,
  ];
};

try {
  const measures = await bench();
  printMeasures(measures, json);
  if (measures.some(({ ok }) => !ok)) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
