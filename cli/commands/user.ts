// vestibule user create | list | show | grant | revoke | delete

import type { UserView } from '#contracts/ops-api.ts';
import { ADMIN_USERNAME, type GrantMethod, hasCertificateGrant } from '#domain/user.ts';
import { type Api, ApiFailure } from '../api-client.ts';
import type { Context } from '../context.ts';
import { Failure, usageFailure } from '../failure.ts';
import { readUsernames } from '../input-files.ts';
import { asFailure, fields, type Output, shown, shownTime, table } from '../output.ts';
import { collect, type ListOptions, listText } from '../pages.ts';
import { permissionLines } from '../permission-text.ts';
import { roleIdOf, roleNames } from '../role-names.ts';

type OfTenant = { readonly tenant: string };
export type GrantOptions = OfTenant & {
  /** names or ids */
  readonly role?: readonly string[];
  readonly method?: readonly GrantMethod[];
};
export type ManyOptions = GrantOptions & {
  /** a file of usernames */
  readonly from?: string;
};

type Names = ReadonlyMap<string, string>;
const namesOf = (names: Names, roles: readonly string[]): string =>
  roles
    .map((id) => names.get(id) ?? id)
    .toSorted()
    .join(', ');

const methodsOf = (user: UserView): string =>
  user.grantTypes.map(({ method, isRequired }) => (isRequired ? `${method} (required)` : method)).join(', ');

const userText = (user: UserView, names: Names): string =>
  [
    fields([
      ['user', user.username],
      ['grants', methodsOf(user) || 'none: it cannot prove itself'],
      ['roles', namesOf(names, user.roles) || 'none'],
      ['created', user.createdAt === null ? 'built in' : shownTime(user.createdAt)],
    ]),
    ...(user.permissions.length === 0 ? [] : ['PERMITS, BESIDE ITS ROLES', ...permissionLines(user.permissions)]),
  ].join('\n');

const warn = (output: Output, warnings: readonly string[]) => {
  for (const warning of new Set(warnings)) output.note(`warning: ${shown(warning)}`);
};

/** Ids of roles given by name, each once. */
const idsOf = async (api: Api, tenant: string, roles: readonly string[] = []): Promise<readonly string[]> => {
  const ids = new Set<string>();
  for (const role of roles) ids.add(await roleIdOf(api, tenant, role));
  return [...ids];
};

/** Whether the tenant asks for users; when it does not, says how it would. */
const areLookedAt = async (output: Output, api: Api, tenant: string): Promise<boolean> => {
  const { userMatch } = await api('showTenant', { params: { tenant } });
  if (userMatch === 'off')
    output.note(`users of ${tenant} are not looked at: vestibule tenant set ${tenant} --user-match required`);
  return userMatch === 'required';
};

const RETRY = 'vestibule device retry <client id or fingerprint>';
const userCount = (count: number): string => `${count} ${count === 1 ? 'user' : 'users'}`;

/** @param devices how many are the users that were written: no other follows */
const sayWhoFollows = (
  { note }: Output,
  devices: number,
  [none, one, many]: readonly [string, string, string],
): void => {
  if (devices === 0) note(`${none}; one that is in without a user comes under it by: ${RETRY}`);
  else note(devices === 1 ? `1 device ${one}` : `${devices} devices ${many}`);
};

const SOON = 'in a moment; see: vestibule device show <client id>';
const FOLLOW = ['no device is this user yet', `follows ${SOON}`, `follow ${SOON}`] as const;

const grantOf = (method: GrantMethod) => ({ method, isRequired: false });

export const createUser = async ({ output, connect }: Context, username: string, options: GrantOptions) => {
  const { tenant, role, method = ['certificate'] } = options;
  const api = await connect();
  const created = await api('createUser', {
    params: { tenant },
    body: {
      username,
      identityProvider: 'local',
      grantTypes: [...new Set(method)].map(grantOf),
      roles: [...(await idsOf(api, tenant, role))],
      permissions: [],
    },
  });
  const names = await roleNames(api, tenant);
  output.result(created, () => userText(created, names));
  warn(output, created.warnings);
  if (created.devices > 0) sayWhoFollows(output, created.devices, FOLLOW);
  if ((await areLookedAt(output, api, tenant)) && hasCertificateGrant(created))
    output.note(`a device that was rejected for lack of it, or is in without a user: ${RETRY}`);
};

export const listUsers = async ({ output, connect }: Context, options: ListOptions & OfTenant) => {
  const { tenant } = options;
  const api = await connect();
  const list = await collect(output, options, async (query) => {
    const { users, cursor } = await api('listUsers', { params: { tenant }, query });
    return { items: users, cursor };
  });
  const names = output.json ? new Map<string, string>() : await roleNames(api, tenant);
  output.result({ users: list.items, cursor: list.cursor }, () =>
    listText(
      table(
        ['USERNAME', 'GRANTS', 'ROLES', 'CREATED'],
        list.items.map((user) => [
          user.username,
          methodsOf(user),
          namesOf(names, user.roles),
          user.createdAt === null ? 'built in' : shownTime(user.createdAt),
        ]),
      ),
      list,
      `${tenant} has no user yet: vestibule user create <common name> --tenant ${tenant}`,
    ),
  );
};

export const showUser = async ({ output, connect }: Context, username: string, { tenant }: OfTenant) => {
  const api = await connect();
  const found = await api('showUser', { params: { tenant, username } });
  const names = output.json ? new Map<string, string>() : await roleNames(api, tenant);
  output.result(found, () => userText(found, names));
  warn(output, found.warnings);
};

type Rights = Pick<UserView, 'grantTypes' | 'roles'>;
/** What is given or taken, as ids. */
type Change = { readonly roles: readonly string[]; readonly methods: readonly GrantMethod[] };

const VERBS = {
  grant: {
    rights: ({ grantTypes, roles }: Rights, change: Change): Rights => ({
      grantTypes: [
        ...grantTypes,
        ...change.methods.filter((method) => grantTypes.every((had) => had.method !== method)).map(grantOf),
      ],
      roles: [...new Set([...roles, ...change.roles])],
    }),
    unchanged: 'had it already',
  },
  revoke: {
    rights: ({ grantTypes, roles }: Rights, change: Change): Rights => ({
      grantTypes: grantTypes.filter(({ method }) => !change.methods.includes(method)),
      roles: roles.filter((role) => !change.roles.includes(role)),
    }),
    unchanged: 'did not have it',
  },
} as const;
export type Verb = keyof typeof VERBS;

const sizeOf = ({ grantTypes, roles }: Rights): number => grantTypes.length + roles.length;

/** Every user that is named, on the command line or in the file, each once. */
const usersNamed = async (usernames: readonly string[], from: string | undefined): Promise<readonly string[]> => {
  const named = [...new Set([...usernames, ...(from === undefined ? [] : await readUsernames(from))])];
  if (named.length === 0) throw usageFailure('whose? give usernames ahead of the flags, or a file of them with --from');
  return named;
};

const isFailure = (error: unknown, code: string): error is ApiFailure =>
  error instanceof ApiFailure && error.code === code;

/** @throws ApiFailure USER_UNKNOWN that says of every name that is wrong what may have been meant */
const readUsers = async (api: Api, tenant: string, named: readonly string[], users: UserView[]): Promise<void> => {
  const unknown: ApiFailure[] = [];
  for (const username of named) {
    try {
      users.push(await api('showUser', { params: { tenant, username } }));
    } catch (error) {
      if (!isFailure(error, 'USER_UNKNOWN')) throw error;
      unknown.push(error);
    }
  }
  const [first] = unknown;
  if (first === undefined) return;
  if (named.length === 1) throw first;
  const lines = unknown.map(({ message }) => message);
  const count = `${unknown.length} of ${userCount(named.length)} ${unknown.length === 1 ? 'is' : 'are'} unknown`;
  throw new ApiFailure(first.code, [`${count}; nothing was changed:`, ...lines].join('\n'), first.status);
};

/** Others may change the same user at the same moment; more often than this in a row nobody does. */
const ATTEMPTS = 5;

/**
 * Sends the lists that are to change, made of what was read, and nothing else; reads again when others came first.
 * @returns the user as it is then, and whether that changed it
 */
const changeUser = async (api: Api, tenant: string, verb: Verb, change: Change, read: UserView) => {
  const params = { tenant, username: read.username };
  for (let attempt = 1, user = read; ; attempt += 1) {
    const rights = VERBS[verb].rights(user, change);
    const body = {
      version: user.version,
      ...(change.roles.length === 0 ? {} : { roles: rights.roles }),
      ...(change.methods.length === 0 ? {} : { grantTypes: rights.grantTypes }),
    };
    try {
      return { user: await api('setUser', { params, body }), isChanged: sizeOf(rights) !== sizeOf(user) };
    } catch (error) {
      if (!isFailure(error, 'USER_CHANGED') || attempt === ATTEMPTS) throw error;
      user = await api('showUser', { params });
    }
  }
};

/**
 * Gives or takes, one user after the other, once all of them are known to be there. One that needs no change is asked for all the same: when an earlier attempt
 * ended half way, the API does what is still missing of it.
 */
export const changeUsers = async (
  { output, connect }: Context,
  verb: Verb,
  usernames: readonly string[],
  options: ManyOptions,
) => {
  const { tenant, role, method = [], from } = options;
  if (role === undefined && method.length === 0) throw usageFailure(`nothing to ${verb}: give --role or --method`);
  const named = await usersNamed(usernames, from);
  const api = await connect();
  const change: Change = { roles: await idsOf(api, tenant, role), methods: method };

  const users: UserView[] = [];
  await output.progress(() => `${users.length} of ${named.length} looked at`, readUsers(api, tenant, named, users));

  const changed: string[] = [];
  const unchanged: string[] = [];
  const warnings: string[] = [];
  let devices = 0;
  const done = () => changed.length + unchanged.length;
  const work = async () => {
    for (const read of users) {
      const { user, isChanged } = await changeUser(api, tenant, verb, change, read);
      (isChanged ? changed : unchanged).push(user.username);
      warnings.push(...user.warnings);
      devices += user.devices;
    }
  };
  await output
    .progress(() => `${done()} of ${named.length}`, work())
    .catch((error: unknown) => {
      const { code, message } = asFailure(error);
      const where = `${done()} of ${userCount(named.length)} done; the same command goes on from there`;
      throw new Failure(code, named.length === 1 ? message : `${message}\n${where}`, { cause: error });
    });

  output.result({ changed, unchanged, devices, warnings: [...new Set(warnings)] }, () => {
    const parts = [
      ...(changed.length > 0 ? [`${userCount(changed.length)} changed`] : []),
      ...(unchanged.length > 0 ? [`${userCount(unchanged.length)} ${VERBS[verb].unchanged}`] : []),
    ];
    return parts.join(', ');
  });
  warn(output, warnings);
  sayWhoFollows(
    output,
    devices,
    named.length === 1 ? FOLLOW : ['no device is any of these users yet', FOLLOW[1], FOLLOW[2]],
  );
  if (verb === 'grant' || devices === 0) await areLookedAt(output, api, tenant);
};

export const deleteUser = async ({ output, connect }: Context, username: string, { tenant }: OfTenant) => {
  const api = await connect();
  const deleted = await api('deleteUser', { params: { tenant, username } });
  const isBuiltIn = username === ADMIN_USERNAME;
  output.result(deleted, () => `${shown(deleted.username)}: ${isBuiltIn ? 'put back as it was at first' : 'deleted'}`);
  const back = isBuiltIn ? 'the certificate grant' : 'a user of the same name with the certificate grant';
  sayWhoFollows(output, deleted.devices, [
    'no device was this user, so that none is suspended',
    `is suspended in a moment; ${back} lets it back in`,
    `are suspended in a moment; ${back} lets them back in`,
  ]);
};
