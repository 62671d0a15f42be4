// The command line's grammar: every command, argument and flag with its help. What a command does is loaded when it runs.

import { Command, CommanderError, Option } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { dayArgument, portArgument, tenantArgument } from './arguments.ts';
import type { CheckOptions } from './commands/check.ts';
import type { LocalOptions } from './commands/local.ts';
import { type ExitCode, usageFailure } from './failure.ts';
import { addAnchor, addTruststore } from './grammar/anchor.ts';
import { addCertificate } from './grammar/certificate.ts';
import { type Act, asJson, examples, listing, remote, type Work } from './grammar/command.ts';
import { addDevice } from './grammar/device.ts';
import { addPermission } from './grammar/permission.ts';
import { addRole } from './grammar/role.ts';
import { ALLOW_CN, addTenant, admissionOption, NAMING } from './grammar/tenant.ts';
import { addUser } from './grammar/user.ts';
import { asFailure, createOutput, type Stream } from './output.ts';
import type { ListOptions } from './pages.ts';
import { findTarget, type TargetOptions } from './target.ts';

export type Surroundings = { readonly stdout: Stream; readonly stderr: Stream; readonly env: NodeJS.ProcessEnv };

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
    .option('--key <file>', "the device's key, PEM: whether it is that of the certificate; it is only looked at here")
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
    addCertificate,
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
