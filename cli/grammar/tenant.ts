// Grammar of `vestibule tenant`, and of the settings that `vestibule check` shares.

import { type Command, Option } from 'commander';
import { ANCHOR_LIMIT, ANCHOR_RULES, RENEWALS, SECOND_SESSIONS } from '#domain/tenant.ts';
import { anchorLimitArgument, tenantArgument } from '../arguments.ts';
import type { TenantOptions } from '../commands/tenant.ts';
import type { ListOptions } from '../pages.ts';
import { type Act, examples, listing, remote } from './command.ts';

export const NAMING = 'eu1, eu2, private-cloud, connectware, or a template such as {tenant}-{ou}-{cn}';
export const ALLOW_CN = 'file with the common names that may come, one a line; # begins a comment line';
export const admissionOption = () =>
  new Option('--admission <how>', 'auto: what passes the rules comes in; approve: an operator says yes first').choices([
    'auto',
    'approve',
  ]);

const TOPICS = "topic patterns that the tenant's roles may name, such as 'tc/{tenant}/#'";
const load = () => import('../commands/tenant.ts');

/** Those of `create` and `set`: the former has defaults. */
const settings = (command: Command, withDefaults: boolean) => {
  const option = (flags: string, description: string, choices: readonly string[], standard: string) => {
    const made = new Option(flags, description).choices(choices);
    return withDefaults ? made.default(standard) : made;
  };
  return command
    .addOption(withDefaults ? admissionOption().default('auto') : admissionOption())
    .addOption(
      option(
        '--user-match <how>',
        "required: a device's CN must be a user with the certificate grant; off: users are not looked at",
        ['off', 'required'],
        'off',
      ),
    )
    .option(
      '--anchor-limit <n>',
      'CA certificates at most, uploads among them: 1 to 100; two permit a change of CA',
      anchorLimitArgument,
      ...(withDefaults ? [ANCHOR_LIMIT] : []),
    )
    .addOption(
      option(
        '--anchor-rules <rules>',
        'strict: CA certificates need keyCertSign and a Subject Key Identifier, for 366 days at most',
        ANCHOR_RULES,
        'default',
      ),
    )
    .addOption(
      option(
        '--renewal <how>',
        'a new certificate with a new key for a known device: takes the place of the former one, may be used beside it, waits for an operator, or is turned away',
        RENEWALS,
        'replace',
      ),
    )
    .addOption(
      option(
        '--second-session <how>',
        'a second connection of a device: ends the first, or is refused while the first lasts (where the pre-authentication gate is installed)',
        SECOND_SESSIONS,
        'take-over',
      ),
    );
};

export const addTenant = (program: Command, act: Act) => {
  const group = program
    .command('tenant')
    .helpCommand(false)
    .description('who owns CAs and devices, and how the devices are named');

  const create = settings(
    remote(group.command('create').description('create a tenant'))
      .argument('<tenant>', 'its name: a-z, 0-9 and -', tenantArgument)
      .requiredOption('--naming <profile>', `${NAMING} (required)`),
    true,
  )
    .option('--topics <pattern...>', `${TOPICS} (default: every topic)`)
    .option('--allow-cn <file>', ALLOW_CN);
  examples(
    create,
    'tenant create acme --naming eu1',
    "tenant create plant-7 --naming connectware --user-match required --topics '{tenant}/#' 'shared/+/state'",
    "tenant create globex --naming '{tenant}-{ou}-{cn}' --admission approve --allow-cn devices.txt",
    'tenant create initech --naming eu2 --anchor-rules strict --renewal approve',
  );
  act(create, async (context, tenant: string, options: TenantOptions & { naming: string }) =>
    (await load()).createTenant(context, tenant, options),
  );

  const set = settings(
    remote(group.command('set').description("change a tenant's settings; who is in stays in"))
      .argument('<tenant>', 'which', tenantArgument)
      .option('--naming <profile>', NAMING),
    false,
  )
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
    'tenant set acme --renewal coexist --anchor-limit 3',
  );
  act(set, async (context, tenant: string, options: TenantOptions) =>
    (await load()).setTenant(context, tenant, options),
  );

  const list = listing(group.command('list').description('list tenants'));
  act(list, async (context, options: ListOptions) => (await load()).listTenants(context, options));

  const show = remote(group.command('show').description('show a tenant')).argument('<tenant>', 'which', tenantArgument);
  act(show, async (context, tenant: string) => (await load()).showTenant(context, tenant));
};
