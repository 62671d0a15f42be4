// Grammar of `vestibule user`.

import { type Command, Option } from 'commander';
import { GRANT_METHODS } from '#domain/user.ts';
import { roleArgument, several, usernameArgument } from '../arguments.ts';
import type { GrantOptions, ManyOptions, Verb } from '../commands/user.ts';
import type { ListOptions } from '../pages.ts';
import { type Act, examples, listing, remote, tenantOption } from './command.ts';

const USERNAME = 'the common name of a certificate, letter by letter';

const granting = (command: Command) =>
  tenantOption(command)
    .option('--role <name...>', 'roles, by name or id', several(roleArgument))
    .addOption(
      new Option('--method <method...>', 'how the user may prove who it is; a device needs certificate').choices(
        GRANT_METHODS,
      ),
    );

const VERBS: Readonly<Record<Verb, string>> = {
  grant: 'give users roles or methods; their devices follow',
  revoke: 'take roles or methods from users; a device without the certificate grant is suspended',
};

export const addUser = (program: Command, act: Act) => {
  const group = program.command('user').helpCommand(false).description('who a device is to its tenant, and its roles');
  const load = () => import('../commands/user.ts');

  const create = granting(
    remote(group.command('create').description('create a user, by default with the certificate grant')),
  ).argument('<username>', USERNAME, usernameArgument);
  examples(create, 'user create machine-4 --tenant plant-7 --role line-1');
  act(create, async (context, username: string, options: GrantOptions) =>
    (await load()).createUser(context, username, options),
  );

  const list = tenantOption(listing(group.command('list').description("list a tenant's users")));
  act(list, async (context, options: ListOptions & { tenant: string }) => (await load()).listUsers(context, options));

  const show = tenantOption(remote(group.command('show').description('show a user'))).argument(
    '<username>',
    'which',
    usernameArgument,
  );
  examples(show, 'user show machine-4 --tenant plant-7');
  act(show, async (context, username: string, options: { tenant: string }) =>
    (await load()).showUser(context, username, options),
  );

  for (const verb of Object.keys(VERBS) as Verb[]) {
    const command = granting(remote(group.command(verb).description(VERBS[verb])))
      .argument('[username...]', 'whose', several(usernameArgument))
      .option('--from <file>', 'more usernames, one a line; # begins a comment line');
    examples(
      command,
      `user ${verb} machine-4 machine-5 --tenant plant-7 --role line-1`,
      `user ${verb} --from machines.txt --tenant plant-7 --method certificate`,
    );
    act(command, async (context, usernames: string[], options: ManyOptions) =>
      (await load()).changeUsers(context, verb, usernames, options),
    );
  }

  const remove = tenantOption(
    remote(group.command('delete').description('delete a user; its device is suspended')),
  ).argument('<username>', 'which', usernameArgument);
  examples(remove, 'user delete machine-4 --tenant plant-7');
  act(remove, async (context, username: string, options: { tenant: string }) =>
    (await load()).deleteUser(context, username, options),
  );
};
