// npm run demo: the embedded system, six tenants and their devices, every step checked. Exit 0 only when all held.

import { once } from 'node:events';
import { type LocalSystem, startLocalSystem } from '#local/system.ts';
import { OUTPUT, STACK } from '#names/outputs.ts';
import { createApi } from './api-client.ts';
import { openFactory } from './demo/factory.ts';
import { TENANT as ISSUING_TENANT, playIssuing } from './demo/issuing-story.ts';
import { privateCaList } from './demo/private-ca-list.ts';
import { createReport, shownMs } from './demo/report.ts';
import { playRoles, TENANT as ROLES_TENANT } from './demo/roles-story.ts';
import { playTenant, type Tenant } from './demo/story.ts';
import { paint } from './output.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** 128 + SIGINT, as shells count */
const INTERRUPTED = 130;

const TENANTS: readonly Tenant[] = [
  {
    name: 'acme',
    naming: 'eu1',
    admission: 'auto',
    protocol: 4,
    subject: 'C=DE, ST=ER, O=Acme, OU=IT, CN=device01',
    clientId: 'acme_device01',
    wrongClientId: 'device01',
    topics: { publish: 'tc/acme/acme_device01/o/mc_v3/ts', read: 'tc/acme/acme_device01/i/amo_v3/ms' },
    foreignTopic: 'tc/acme/acme_device02/o/mc_v3/ts',
  },
  {
    name: 'globex',
    naming: 'eu2',
    admission: 'auto',
    protocol: 5,
    subject: 'C=DE, ST=ER, O=Globex, OU=IT, CN=globex_pump7',
    clientId: 'globex_pump7',
    wrongClientId: 'pump7',
    topics: {
      publish: 'devices/globex_pump7/messages/events/mc_v3=ts',
      read: 'devices/globex_pump7/messages/devicebound/#',
    },
    foreignTopic: 'devices/globex_pump8/messages/events/mc_v3=ts',
  },
  {
    name: 'plant-7',
    naming: 'connectware',
    admission: 'auto',
    protocol: 4,
    subject: 'C=DE, O="Smart Factory, Inc.", CN=machine-4',
    clientId: 'machine-4',
    wrongClientId: 'plant-7_machine-4',
    topics: null,
    foreignTopic: 'machines/machine-4/state',
  },
  {
    name: 'fleet',
    naming: '{tenant}-{ou}-{cn}',
    admission: 'approve',
    protocol: 5,
    subject: 'C=DE, O=Fleet, OU=trucks, CN=4711',
    clientId: 'fleet-trucks-4711',
    wrongClientId: '4711',
    topics: null,
    foreignTopic: 'trucks/4712/position',
  },
];

const stream = process.stdout;
const report = createReport(stream);

const playAll = async (system: LocalSystem): Promise<void> => {
  const { mqtt, api, aws, serverCaPem, credentials } = system;
  const scene = {
    report,
    announced: system.events,
    broker: { host: mqtt.host, port: mqtt.port, serverCa: serverCaPem },
    // the command line's own way in
    api: createApi({
      name: 'the embedded system',
      apiUrl: api.url,
      region: aws.region,
      credentials: async () => credentials.operator,
    }),
  };
  const casOf = async (tenant: string) => {
    const subject = `C=DE, O=${tenant}, CN=${tenant}-ca`;
    const [factory, impostor] = await Promise.all([openFactory(subject), openFactory(subject)]);
    return { factory, impostor };
  };
  // A failed step is in the report; the other tenants are worth seeing all the same.
  for (const tenant of TENANTS)
    await playTenant({ ...scene, ...(await casOf(tenant.name)) }, tenant).catch(() => undefined);
  await playRoles({ ...scene, ...(await casOf(ROLES_TENANT)) }).catch(() => undefined);
  const privateCaArn = system.outputs.get(STACK.registry)?.get(OUTPUT.privateCaArn) ?? '';
  const revokedSerials = privateCaList(system, privateCaArn);
  await playIssuing({ ...scene, ...(await casOf(ISSUING_TENANT)), privateCaArn, revokedSerials }).catch(
    () => undefined,
  );
};

const summary = (ms: number): string => {
  const failed = report.failures.map((failure) => paint(stream, 'red', `✗ ${failure}`));
  return failed.length > 0
    ? [`${failed.length} of ${report.steps()} steps did not do what they should:`, ...failed].join('\n')
    : `${paint(stream, ['green', 'bold'], `all ${report.steps()} steps did what they should`)} in ${shownMs(ms)}; nothing is left behind.\nBy hand: npm start`;
};

/** @returns the exit code */
const demo = async (): Promise<number> => {
  const begin = performance.now();
  // Listening begins before there is anything to clean up.
  const interrupted = Promise.race(SIGNALS.map((signal) => once(process, signal))).then(() => 'interrupted' as const);
  report.line(
    `${paint(stream, 'bold', 'Vestibule')}: devices onboard themselves into AWS IoT Core, here on this machine`,
  );
  report.line(paint(stream, 'dim', 'synthesizing the stacks and deploying them to the embedded system …'));
  const starting = startLocalSystem({ context: { privateCa: 'create' } });
  try {
    const system = await starting;
    report.line(
      paint(
        stream,
        'dim',
        `ready in ${shownMs(performance.now() - begin)} at mqtts://${system.mqtt.host}:${system.mqtt.port}`,
      ),
    );
    if ((await Promise.race([playAll(system), interrupted])) === 'interrupted') return INTERRUPTED;
  } finally {
    await (await starting).stop();
  }
  report.line(`\n${summary(performance.now() - begin)}`);
  return report.failures.length === 0 ? 0 : 1;
};

try {
  const code = await demo();
  // What was under way when a signal came has nobody left to finish it.
  if (code === INTERRUPTED) process.exit(code);
  process.exitCode = code;
} catch (error) {
  process.stderr.write(
    `${paint(process.stderr, 'red', 'error')} ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 1;
}
