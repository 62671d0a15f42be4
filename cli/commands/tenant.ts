// vestibule tenant create | set | list | show

import type { TenantView } from '#contracts/ops-api.ts';
import { PROFILES, parseNaming } from '#domain/naming.ts';
import { parsePermission } from '#domain/permission.ts';
import { ANCHOR_LIMIT, type AnchorRules, type Renewal, type SecondSession, type UserMatch } from '#domain/tenant.ts';
import type { Context } from '../context.ts';
import { usageFailure } from '../failure.ts';
import { readAllowList } from '../input-files.ts';
import { fields, shownTime, table } from '../output.ts';
import { collect, type ListOptions, listText } from '../pages.ts';
import { suggestion } from '../suggestion.ts';

export type TenantOptions = {
  readonly naming?: string;
  readonly admission?: 'auto' | 'approve';
  /** a file; false = no list any more */
  readonly allowCn?: string | false;
  readonly userMatch?: UserMatch;
  /** false = every topic */
  readonly topics?: readonly string[] | false;
  readonly anchorLimit?: number;
  readonly anchorRules?: AnchorRules;
  readonly renewal?: Renewal;
  readonly secondSession?: SecondSession;
};

/** Naming is checked here too, so that a typing error is answered with what was meant. @throws Failure of usage */
export const checkNaming = (naming: string) => {
  const parsed = parseNaming(naming);
  if (!parsed.ok) throw usageFailure(`--naming: ${parsed.error}${suggestion(naming, PROFILES)}`);
  return parsed.value;
};

/** @throws Failure of usage */
const checkTopics = (topics: readonly string[]): string[] => {
  for (const resource of topics) {
    const parsed = parsePermission({ resource, operation: 'read', context: 'mqtt', allowRetain: false });
    if (!parsed.ok) throw usageFailure(`--topics: ${parsed.error.message}`);
  }
  return [...topics];
};

const changesOf = async (options: TenantOptions) => {
  const { naming, admission, allowCn, userMatch, topics, anchorLimit, anchorRules, renewal, secondSession } = options;
  if (naming !== undefined) checkNaming(naming);
  return {
    ...(naming === undefined ? {} : { naming }),
    ...(admission === undefined ? {} : { admission }),
    ...(allowCn === undefined ? {} : { allowCn: allowCn === false ? null : await readAllowList(allowCn) }),
    ...(userMatch === undefined ? {} : { userMatch }),
    ...(topics === undefined ? {} : { topics: topics === false ? null : checkTopics(topics) }),
    ...(anchorLimit === undefined ? {} : { anchorLimit }),
    ...(anchorRules === undefined ? {} : { anchorRules }),
    ...(renewal === undefined ? {} : { renewal }),
    ...(secondSession === undefined ? {} : { secondSession }),
  };
};

const STANDARD = {
  admission: 'auto',
  allowCn: null,
  userMatch: 'off',
  topics: null,
  anchorLimit: ANCHOR_LIMIT,
  anchorRules: 'default',
  renewal: 'replace',
  secondSession: 'take-over',
} as const;

const USERS = {
  off: 'off: devices that come in have no user and no roles',
  required: 'required: the common name of a device is a user with the certificate grant',
} as const satisfies Record<UserMatch, string>;

const RENEWAL = {
  replace: 'replace: a new certificate takes the place of the former one',
  coexist: 'coexist: a new certificate may be used beside those that are there',
  approve: 'approve: a new certificate with a new key waits for an operator',
  refuse: 'refuse: a new certificate with a new key is turned away',
} as const satisfies Record<Renewal, string>;

const SECOND_SESSION = {
  'take-over': 'take-over: a second connection of a device ends the first',
  'refuse-new':
    'refuse-new: a second connection of a device is refused while the first lasts, where the pre-authentication gate is installed',
} as const satisfies Record<SecondSession, string>;

const tenantText = (tenant: TenantView): string =>
  fields([
    ['tenant', tenant.tenant],
    ['naming', tenant.naming],
    ['admission', tenant.admission],
    ['allow-list', tenant.allowList ? 'in force' : 'none: every common name may come'],
    ['users', USERS[tenant.userMatch]],
    ['topics', tenant.topics?.join(', ') ?? 'every one: its roles may name topics of other tenants'],
    ['CAs', `${tenant.anchorLimit} at most, by the ${tenant.anchorRules} rules`],
    ['renewal', RENEWAL[tenant.renewal]],
    ['sessions', SECOND_SESSION[tenant.secondSession]],
    ['created', shownTime(tenant.createdAt)],
  ]);

export const createTenant = async (
  { output, connect }: Context,
  tenant: string,
  options: TenantOptions & { naming: string },
) => {
  const body = { ...STANDARD, ...(await changesOf(options)), tenant, naming: options.naming };
  const api = await connect();
  const created = await api('createTenant', { body });
  output.result(created, () => tenantText(created));
  output.note(
    `next: vestibule anchor upload <ca.pem> --tenant ${tenant}; or, if you vouch for the CA yourself: vestibule anchor register <ca.pem> --tenant ${tenant}`,
  );
};

export const setTenant = async ({ output, connect }: Context, tenant: string, options: TenantOptions) => {
  const body = await changesOf(options);
  if (Object.keys(body).length === 0) {
    throw usageFailure(
      'nothing to set: give --naming, --admission, --user-match, --topics, --no-topics, --allow-cn <file>, --no-allow-cn, --anchor-limit, --anchor-rules, --renewal or --second-session',
    );
  }
  const api = await connect();
  const changed = await api('setTenant', { params: { tenant }, body });
  output.result(changed, () => tenantText(changed));
  if (body.naming) output.note('devices that are in keep their client id; new ones are named the new way');
  if (body.secondSession === 'refuse-new')
    output.note(
      'a session whose end nobody told keeps its device out until IoT Core notices: up to one and a half keep-alive intervals',
    );
  if (body.userMatch === 'off')
    output.note('holds for devices that are decided from now on; who came in as a user follows it still');
  if (body.userMatch === 'required')
    output.note(
      'holds for devices that are decided from now on; one that is in without a user stays so until it is retried: vestibule device retry <client id>',
    );
};

export const listTenants = async ({ output, connect }: Context, options: ListOptions) => {
  const api = await connect();
  const list = await collect(output, options, async (query) => {
    const { tenants, cursor } = await api('listTenants', { query });
    return { items: tenants, cursor };
  });
  output.result({ tenants: list.items, cursor: list.cursor }, () =>
    listText(
      table(
        [
          'TENANT',
          'NAMING',
          'ADMISSION',
          'ALLOW-LIST',
          'USERS',
          'TOPICS',
          'CAS',
          'RULES',
          'RENEWAL',
          'SESSIONS',
          'CREATED',
        ],
        list.items.map((tenant) => [
          tenant.tenant,
          tenant.naming,
          tenant.admission,
          tenant.allowList ? 'in force' : null,
          tenant.userMatch,
          tenant.topics?.join(' ') ?? null,
          String(tenant.anchorLimit),
          tenant.anchorRules,
          tenant.renewal,
          tenant.secondSession,
          shownTime(tenant.createdAt),
        ]),
      ),
      list,
      'no tenant yet: vestibule tenant create <tenant> --naming <profile>',
    ),
  );
};

export const showTenant = async ({ output, connect }: Context, tenant: string) => {
  const api = await connect();
  const found = await api('showTenant', { params: { tenant } });
  output.result(found, () => tenantText(found));
};
