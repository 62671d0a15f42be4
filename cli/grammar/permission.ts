// Grammar of `vestibule permission`.

import type { Command } from 'commander';
import { accountArgument, deviceArgument, regionArgument, tenantArgument } from '../arguments.ts';
import type { CompileOptions, ExplainOptions } from '../commands/permission.ts';
import { type Act, asJson, examples, remote } from './command.ts';

const NAMING = 'eu1, eu2, private-cloud, connectware, or a template such as {tenant}-{ou}-{cn}';

export const addPermission = (program: Command, act: Act) => {
  const group = program
    .command('permission')
    .helpCommand(false)
    .description('why a device may do something or not, and the policies that permissions become');
  const load = () => import('../commands/permission.ts');

  const explain = remote(
    group.command('explain').description('say whether a device may do something, why, and what would change it'),
  )
    .requiredOption(
      '--device <device>',
      'a client id, or (online) a certificate fingerprint (required)',
      deviceArgument,
    )
    .option('--publish <topic>', 'may it publish to this topic?')
    .option('--subscribe <filter>', 'may it subscribe to this filter?')
    .option('--receive <topic>', 'may it receive what is published to this topic?')
    .option('--connect <client id>', 'may it connect with this client id?')
    .option('--retain', 'retained (with --publish)')
    .option('--tenant <tenant>', "use this tenant's route (default: the operator's)", tenantArgument)
    .option('--permissions <file>', 'offline: ask these permissions, a JSON list or a role, and no system')
    .option('--naming <profile>', `offline: ${NAMING} (default: connectware)`)
    .option('--account <id>', 'offline: AWS account that the policies name (default: 123456789012)', accountArgument);
  examples(
    explain,
    'permission explain --device acme_device01 --publish edge.cybus/line-1/state',
    "permission explain --device acme_device01 --subscribe 'edge.cybus/#' --tenant acme",
    'permission explain --device device01 --receive edge.cybus/a --permissions line-1.json',
  );
  explain.addHelpText(
    'after',
    '\nOffline the tenant is what precedes the first _ of the client id, unless --tenant says otherwise,\nand --region is the one that the policies name (default: eu-central-1).\nExit code: 0 allow, 1 deny (or failed: then with an error), 2 wrong command line',
  );
  act(explain, async (context, options: ExplainOptions) => (await load()).explainPermission(context, options));

  const compile = asJson(
    group
      .command('compile')
      .description('print the policies that permissions become, offline, and what they cannot say'),
  )
    .argument('<file>', 'JSON list of permissions, or a role as "role show --json" prints it')
    .option('--naming <profile>', `${NAMING} (default: connectware)`)
    .option('--tenant <tenant>', 'whose; needed where its name is in the topics', tenantArgument)
    .option('--region <name>', 'AWS region that the policies name (default: eu-central-1)', regionArgument)
    .option('--account <id>', 'AWS account that the policies name (default: 123456789012)', accountArgument);
  examples(
    compile,
    'permission compile line-1.json',
    'permission compile line-1.json --naming eu1 --tenant acme --json',
  );
  act(compile, async (context, file: string, options: CompileOptions) =>
    (await load()).compilePermissions(context, file, options),
  );
};
