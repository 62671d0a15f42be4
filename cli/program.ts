// The command line's grammar: every command, argument and flag with its help. What a command does is loaded when it runs.

import { Command, CommanderError, Option } from 'commander';
import { CERTIFICATE_STATES } from '#domain/certificate.ts';
import packageJson from '../package.json' with { type: 'json' };
import {
  dayArgument,
  deviceArgument,
  fingerprintArgument,
  portArgument,
  sinceArgument,
  tenantArgument,
} from './arguments.ts';
import type { CheckOptions } from './commands/check.ts';
import type { DeviceFilter, Verb } from './commands/device.ts';
import type { LocalOptions } from './commands/local.ts';
import type { TenantOptions } from './commands/tenant.ts';
import { type ExitCode, usageFailure } from './failure.ts';
import { addAnchor, addTruststore } from './grammar/anchor.ts';
import { type Act, asJson, examples, listing, remote, tenantOption, type Work } from './grammar/command.ts';
import { addPermission } from './grammar/permission.ts';
import { addRole } from './grammar/role.ts';
import { addUser } from './grammar/user.ts';
import { asFailure, createOutput, type Stream } from './output.ts';
import type { ListOptions } from './pages.ts';
import { findTarget, type TargetOptions } from './target.ts';

export type Surroundings = { readonly stdout: Stream; readonly stderr: Stream; readonly env: NodeJS.ProcessEnv };

const NAMING = 'eu1, eu2, private-cloud, connectware, or a template such as {tenant}-{ou}-{cn}';
const ALLOW_CN = 'file with the common names that may come, one a line; # begins a comment line';
const DEVICE = 'a client id, or a certificate fingerprint';
/** One that is PENDING has no tenant yet, and stands in no tenant's list. */
const LISTED_STATES = CERTIFICATE_STATES.filter((state) => state !== 'PENDING');

/** Names an unknown flag before it misses a required one: `--nameing eu1` is a slip in the name, not a lack of it. */
class CommandLine extends Command {
  override createCommand(name?: string): Command {
    return new CommandLine(name);
  }

  override parseOptions(args: string[]): ReturnType<Command['parseOptions']> {
    const parsed = super.parseOptions(args);
    if (this.commands.length === 0 && parsed.unknown.length > 0) {
      for (const option of this.options) option.makeOptionMandatory(false);
    }
    return parsed;
  }
}

const admissionOption = () =>
  new Option('--admission <how>', 'auto: what passes the rules comes in; approve: an operator says yes first').choices([
    'auto',
    'approve',
  ]);
const TOPICS = "topic patterns that the tenant's roles may name, such as 'tc/{tenant}/#'";
const userMatchOption = () =>
  new Option(
    '--user-match <how>',
    "required: a device's CN must be a user with the certificate grant; off: users are not looked at",
  ).choices(['off', 'required']);

const addTenant = (program: Command, act: Act) => {
  const group = program
    .command('tenant')
    .helpCommand(false)
    .description('who owns CAs and devices, and how the devices are named');
  const load = () => import('./commands/tenant.ts');

  const create = remote(group.command('create').description('create a tenant'))
    .argument('<tenant>', 'its name: a-z, 0-9 and -', tenantArgument)
    .requiredOption('--naming <profile>', `${NAMING} (required)`)
    .addOption(admissionOption().default('auto'))
    .addOption(userMatchOption().default('off'))
    .option('--topics <pattern...>', `${TOPICS} (default: every topic)`)
    .option('--allow-cn <file>', ALLOW_CN);
  examples(
    create,
    'tenant create acme --naming eu1',
    "tenant create plant-7 --naming connectware --user-match required --topics '{tenant}/#' 'shared/+/state'",
    "tenant create globex --naming '{tenant}-{ou}-{cn}' --admission approve --allow-cn devices.txt",
  );
  act(create, async (context, tenant: string, options: TenantOptions & { naming: string }) =>
    (await load()).createTenant(context, tenant, options),
  );

  const set = remote(
    group.command('set').description('change naming, admission, users, topics or allow-list; who is in stays in'),
  )
    .argument('<tenant>', 'which', tenantArgument)
    .option('--naming <profile>', NAMING)
    .addOption(admissionOption())
    .addOption(userMatchOption())
    .option('--topics <pattern...>', `${TOPICS}; replaces those in force`)
    .option('--no-topics', 'every topic, those of other tenants too')
    .option('--allow-cn <file>', `${ALLOW_CN}; replaces the list in force`)
    .option('--no-allow-cn', 'no list any more: every common name may come');
  examples(
    set,
    'tenant set acme --admission approve',
    'tenant set acme --no-allow-cn',
    'tenant set acme --user-match required',
    "tenant set acme --topics 'tc/{tenant}/#'",
  );
  act(set, async (context, tenant: string, options: TenantOptions) =>
    (await load()).setTenant(context, tenant, options),
  );

  const list = listing(group.command('list').description('list tenants'));
  act(list, async (context, options: ListOptions) => (await load()).listTenants(context, options));

  const show = remote(group.command('show').description('show a tenant')).argument('<tenant>', 'which', tenantArgument);
  act(show, async (context, tenant: string) => (await load()).showTenant(context, tenant));
};

const VERBS: Readonly<Record<Verb, string>> = {
  approve: 'let a held device in',
  reject: 'turn a held device away',
  retry: 'decide again on a rejected device',
};

const addDevice = (program: Command, act: Act) => {
  const group = program.command('device').helpCommand(false).description('what came, what was decided, and why');
  const load = () => import('./commands/device.ts');
  const anyTenant = (command: Command) =>
    command.option('--tenant <tenant>', "use this tenant's route (default: the operator's)", tenantArgument);

  const list = tenantOption(listing(group.command('list').description("list a tenant's devices")))
    .addOption(new Option('--state <STATE>', 'only those in this state').choices(LISTED_STATES))
    .option('--anchor <fingerprint>', 'only those under this trust anchor', fingerprintArgument)
    .option('--since <time>', 'only those decided since, e.g. 24h or 2026-01-31T12:00:00Z', sinceArgument(Date.now))
    .option('--prefix <text>', 'only client ids that begin so');
  examples(
    list,
    'device list --tenant acme --state HELD',
    'device list --tenant acme --state REJECTED --since 24h --json',
  );
  act(list, async (context, options: ListOptions & DeviceFilter & { tenant: string }) =>
    (await load()).listDevices(context, options),
  );

  const show = anyTenant(remote(group.command('show').description('show a device with its history'))).argument(
    '<device>',
    DEVICE,
    deviceArgument,
  );
  examples(
    show,
    'device show acme_device01',
    'device show "$(openssl x509 -in device01.pem -noout -fingerprint -sha256 | cut -d= -f2)"',
  );
  act(show, async (context, device: string, options: { tenant?: string }) =>
    (await load()).showDevice(context, device, options),
  );

  for (const verb of Object.keys(VERBS) as Verb[]) {
    const command = anyTenant(remote(group.command(verb).description(VERBS[verb]))).argument(
      '<device>',
      DEVICE,
      deviceArgument,
    );
    examples(command, `device ${verb} acme_device01`);
    act(command, async (context, device: string, options: { tenant?: string }) =>
      (await load()).steerDevice(context, verb, device, options),
    );
  }
};

const addRejected = (program: Command, act: Act) => {
  const group = program
    .command('rejected')
    .helpCommand(false)
    .description('events that could not be handled, with their reason');
  const load = () => import('./commands/rejected.ts');

  const list = listing(group.command('list').description('list the events of one day')).option(
    '--day <day>',
    'UTC day such as 2026-01-31 (default: today)',
    dayArgument,
  );
  act(list, async (context, options: ListOptions & { day?: string }) => (await load()).listRejected(context, options));

  const show = remote(group.command('show').description('show an event with its body')).argument('<event>', 'its id');
  act(show, async (context, event: string) => (await load()).showRejected(context, event));
};

const addSingles = (program: Command, act: Act) => {
  const broker = remote(program.command('broker').description('where devices connect, and the CA they check it by'))
    .option('--tenant <tenant>', "use this tenant's route (default: the operator's)", tenantArgument)
    .option('--server-ca <file>', 'write the CA certificate to this file');
  examples(broker, 'broker --server-ca server-ca.pem');
  act(broker, async (context, options: { tenant?: string; serverCa?: string }) =>
    (await import('./commands/broker.ts')).showBroker(context, options),
  );

  const check = asJson(
    program.command('check').description("what would be decided on a certificate, offline, by the cloud's own code"),
  )
    .argument('<chain.pem>', "the device's certificate, then its CA's (PEM)")
    .requiredOption('--tenant <tenant>', "the CA's owner (required)", tenantArgument)
    .requiredOption('--naming <profile>', `${NAMING} (required)`)
    .option('--anchor <ca.pem>', "the CA's certificate (default: the second one in the chain)")
    .option('--client-id <id>', 'the client id that the device is set to')
    .addOption(admissionOption().default('auto'))
    .option('--allow-cn <file>', ALLOW_CN);
  examples(
    check,
    'check device01_chain.pem --tenant acme --naming eu1',
    'check device01.pem --anchor acme.pem --tenant acme --naming eu1 --client-id acme_device01',
  );
  check.addHelpText('after', '\nExit code: 0 accept, 1 hold or reject, 2 wrong command line');
  act(check, async (context, file: string, options: CheckOptions) =>
    (await import('./commands/check.ts')).checkCertificate(context, file, options),
  );

  const local = asJson(program.command('local').description('run the embedded system until stopped (npm start)'))
    .option('--data <folder>', 'keep its state here (default: in memory)')
    .option('--port <n>', 'MQTT port on 127.0.0.1, 0 = any (default: 8883, or any free one)', portArgument)
    .option('--api-port <n>', 'port of the management API, 0 = any (default: 8880, or any free one)', portArgument)
    .addOption(
      new Option(
        '--refusals <mode>',
        'aws: as AWS IoT refuses (default); seed: with CONNACK 5 and SUBACK 0x80',
      ).choices(['aws', 'seed']),
    );
  examples(local, 'local', 'local --data ./state', 'local --json --port 0 --api-port 0');
  act(local, async (context, options: LocalOptions) =>
    (await import('./commands/local.ts')).runLocal(context, options),
  );
};

/** Subcommands copy these settings when they are added. */
const createProgram = ({ stdout, stderr }: Surroundings, json: boolean): Command => {
  const program = new CommandLine('vestibule')
    .description('Lets devices into AWS IoT Core: steer the registry, check certificates, run the embedded system.')
    .version(packageJson.version)
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      // With --json the error is printed by `run`, as JSON.
      writeErr: (text) => json || stderr.write(text),
    })
    .showHelpAfterError('(--help says more)');
  return examples(
    program,
    'local',
    'tenant create acme --naming eu1',
    'anchor register acme.pem --tenant acme',
    'device list --tenant acme --state HELD',
    'device show acme_device01 --stack VestibuleOnboarding --profile production',
  );
};

/** Runs one command line. @returns its exit code: 0 ok, 1 failed, 2 usage */
export const run = async (args: readonly string[], surroundings: Surroundings): Promise<ExitCode> => {
  const json = args.includes('--json');
  const output = createOutput(surroundings, json);
  let exitCode: ExitCode = 0;

  const act: Act = <A extends unknown[]>(command: Command, work: Work<A>) =>
    command.action(async (...received: unknown[]) => {
      const { stack, profile, region } = command.opts<TargetOptions>();
      const target = { ...(stack ? { stack } : {}), ...(profile ? { profile } : {}), ...(region ? { region } : {}) };
      const connect = async () => {
        const found = await findTarget(target, surroundings.env);
        output.target(found.name);
        const [{ createApi }, { withHints }, { withTurns }] = await Promise.all([
          import('./api-client.ts'),
          import('./api-hints.ts'),
          import('./turns.ts'),
        ]);
        return withHints(withTurns(createApi(found)));
      };
      // commander hands over the command itself last
      const given = received.slice(0, -1) as A;
      exitCode = (await work({ output, env: surroundings.env, connect }, ...given)) ?? 0;
    });

  const program = createProgram(surroundings, json);
  for (const add of [
    addTenant,
    addAnchor,
    addDevice,
    addRole,
    addUser,
    addPermission,
    addTruststore,
    addRejected,
    addSingles,
  ])
    add(program, act);

  try {
    await program.parseAsync(args, { from: 'user' });
    output.done();
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) {
      const failure = asFailure(error);
      output.failure(failure);
      return failure.exitCode;
    }
    if (error.exitCode === 0) return 0;
    // commander has printed its own message, but for --json
    if (json) output.failure(usageFailure(error.message.replace(/^error: /, '')));
    return 2;
  }
};
