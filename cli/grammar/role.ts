// Grammar of `vestibule role`.

import { type Command, Option } from 'commander';
import { PLUS_MODES } from '#domain/permission.ts';
import { roleArgument } from '../arguments.ts';
import type { EditOptions, RoleOptions } from '../commands/role.ts';
import type { ListOptions } from '../pages.ts';
import { type Act, examples, listing, remote, tenantOption } from './command.ts';

const ROLE = 'its name, or its id';

const permitting = (command: Command) =>
  tenantOption(command)
    .addOption(
      new Option('--permissions <file>', 'JSON list of permissions, or what "role show --json" prints').conflicts([
        'read',
        'write',
        'readWrite',
      ]),
    )
    .option('--read <pattern...>', 'topic patterns with + and # that may be read')
    .option('--write <pattern...>', 'topic patterns that may be written')
    .option('--read-write <pattern...>', 'topic patterns that may be read and written')
    .addOption(
      new Option(
        '--plus-mode <mode>',
        'exact: refuse a + that a policy cannot mirror; widen: let it stand for several levels',
      ).choices(PLUS_MODES),
    );

export const addRole = (program: Command, act: Act) => {
  const group = program.command('role').helpCommand(false).description('what users may read and write, under a name');
  const load = () => import('../commands/role.ts');

  const create = permitting(remote(group.command('create').description('create a role'))).argument(
    '<name>',
    'its name: a-z, A-Z, 0-9, . _ and -',
    roleArgument,
  );
  examples(
    create,
    "role create line-1 --tenant plant-7 --read 'edge.cybus/#' --write 'edge.cybus/+/state'",
    'role create line-1 --tenant plant-7 --permissions line-1.json',
  );
  act(create, async (context, name: string, options: RoleOptions) => (await load()).createRole(context, name, options));

  const list = tenantOption(listing(group.command('list').description("list a tenant's roles")));
  act(list, async (context, options: ListOptions & { tenant: string }) => (await load()).listRoles(context, options));

  const show = tenantOption(
    remote(group.command('show').description('show what a role permits, and whether IoT Core has it')),
  ).argument('<role>', ROLE, roleArgument);
  examples(show, 'role show line-1 --tenant plant-7', 'role show line-1 --tenant plant-7 --json > line-1.json');
  act(show, async (context, role: string, options: { tenant: string }) =>
    (await load()).showRole(context, role, options),
  );

  const edit = permitting(
    remote(
      group.command('edit').description('replace what a role permits, for all who have it, and wait for IoT Core'),
    ),
  )
    .argument('<role>', ROLE, roleArgument)
    .option('--dry-run', 'only say which devices would gain and lose what')
    .option('--disconnect', 'end the sessions of its devices once IoT Core has it: they connect anew')
    .option('--no-wait', 'do not wait until IoT Core has it');
  examples(
    edit,
    "role edit line-1 --tenant plant-7 --read 'edge.cybus/#' --dry-run",
    'role edit line-1 --tenant plant-7 --permissions line-1.json --disconnect',
  );
  act(edit, async (context, role: string, options: EditOptions) => (await load()).editRole(context, role, options));

  const remove = tenantOption(remote(group.command('delete').description('delete a role that no user has'))).argument(
    '<role>',
    ROLE,
    roleArgument,
  );
  examples(remove, 'role delete line-1 --tenant plant-7');
  act(remove, async (context, role: string, options: { tenant: string }) =>
    (await load()).deleteRole(context, role, options),
  );
};
