// vestibule role create | list | show | edit | delete

import type { RoleInUseView, RolePreview } from '#contracts/ops-api.ts';
import type { Api } from '../api-client.ts';
import type { Context } from '../context.ts';
import { Failure, usageFailure } from '../failure.ts';
import { fields, type Output, shown, shownTime, table } from '../output.ts';
import { collect, type ListOptions, listText } from '../pages.ts';
import { permissionLines } from '../permission-text.ts';
import { type PermissionOptions, permissionsGiven } from '../permissions-given.ts';
import { roleIdOf } from '../role-names.ts';
import { type Pace, paceOf, untilDone } from '../waiting.ts';

type OfTenant = { readonly tenant: string };
export type RoleOptions = OfTenant & PermissionOptions;
export type EditOptions = RoleOptions & {
  readonly dryRun?: boolean;
  readonly disconnect?: boolean;
  /** false: do not wait until IoT Core has it */
  readonly wait: boolean;
};

const NOTHING_GIVEN = 'give --permissions <file>, or patterns with --read, --write or --read-write';

const setsText = (sets: RoleInUseView['permissionSets']): string[] => {
  const rows = sets.map(({ permissionSet, roles, documents, applied }) => [
    `  ${permissionSet}`,
    roles.join(', '),
    String(documents),
    applied ? 'yes' : 'not yet',
  ]);
  return rows.length === 0
    ? ['no user has this role']
    : [table(['PERMISSION SETS WITH IT', 'ROLES', 'DOCUMENTS', 'APPLIED'], rows)];
};

type Inexact = Pick<RoleInUseView, 'inexact'>;

/** Of the role by itself, and of the sets with it. */
const inexactText = ({ inexact, permissionSets }: Inexact & { readonly permissionSets: Inexact[] }): string[] => {
  const lines = [...inexact, ...permissionSets.flatMap((set) => set.inexact)].map(
    ({ from, resource, because }) => `  ${shown(resource)} (${shown(from)}): ${shown(because)}`,
  );
  return lines.length === 0 ? [] : ['NOT EXACT', ...new Set(lines)];
};

const roleText = (role: RoleInUseView): string =>
  [
    fields([
      ['role', role.name],
      ['id', role.id],
      ['version', String(role.version)],
      ['created', role.builtIn ? 'built in' : shownTime(role.createdAt)],
      ['plus mode', role.plusMode === 'exact' ? null : 'widen: a + may stand for several levels where it must'],
    ]),
    ...(role.permissions.length === 0 ? ['permits nothing'] : ['PERMITS', ...permissionLines(role.permissions)]),
    ...setsText(role.permissionSets),
    ...inexactText(role),
  ].join('\n');

export const createRole = async ({ output, connect }: Context, name: string, options: RoleOptions) => {
  const { tenant } = options;
  const { permissions, plusMode } = await permissionsGiven(options);
  if (permissions === null) throw usageFailure(`nothing to permit: ${NOTHING_GIVEN}`);
  const api = await connect();
  const created = await api('createRole', {
    params: { tenant },
    body: { name, permissions, plusMode: plusMode ?? 'exact' },
  });
  output.result(created, () => roleText(created));
  output.note(`next: vestibule user create <common name> --tenant ${tenant} --role ${name}`);
};

export const listRoles = async ({ output, connect }: Context, options: ListOptions & OfTenant) => {
  const { tenant } = options;
  const api = await connect();
  const list = await collect(output, options, async (query) => {
    const { roles, cursor } = await api('listRoles', { params: { tenant }, query });
    return { items: roles, cursor };
  });
  output.result({ roles: list.items, cursor: list.cursor }, () =>
    listText(
      table(
        ['NAME', 'PERMISSIONS', 'PLUS MODE', 'CREATED', 'ID'],
        list.items.map((role) => [
          role.name,
          String(role.permissions.length),
          role.plusMode,
          role.builtIn ? 'built in' : shownTime(role.createdAt),
          role.id,
        ]),
      ),
      list,
      `${tenant} has no role yet: vestibule role create <name> --tenant ${tenant} --read <pattern>`,
    ),
  );
};

export const showRole = async ({ output, connect }: Context, nameOrId: string, { tenant }: OfTenant) => {
  const api = await connect();
  const role = await roleIdOf(api, tenant, nameOrId);
  const found = await api('showRole', { params: { tenant, role } });
  output.result(found, () => roleText(found));
};

type PreviewedSet = RolePreview['permissionSets'][number];

const INEXACT = {
  wider: 'its + stands for several levels now',
  narrower: 'refuses some of its own topics now',
} as const satisfies Record<RolePreview['inexact'][number]['kind'], string>;

/** Beyond the permissions themselves: the mode of a `+`, or what stands beside it, may change what it comes to. */
const exactnessLines = ({ becomesInexact, becomesExact }: PreviewedSet): string[] => [
  ...becomesInexact.map(({ from, resource, kind }) => `  ~ ${shown(resource)} (${shown(from)}): ${INEXACT[kind]}`),
  ...becomesExact.map(({ from, resource }) => `  ~ ${shown(resource)} (${shown(from)}): exact again`),
];

const changeLines = (output: Output, set: PreviewedSet): string[] => {
  const lines = [
    ...permissionLines(set.gains, '  + ').map((line) => output.style('green', line)),
    ...permissionLines(set.loses, '  - ').map((line) => output.style('red', line)),
    ...exactnessLines(set).map((line) => output.style('yellow', line)),
  ];
  return lines.length === 0 ? ['  no change'] : lines;
};

const devicesLine = ({ devices, more }: PreviewedSet): string =>
  devices.length === 0 ? '  no device yet' : `  devices: ${devices.map(shown).join(', ')}${more ? ', and more' : ''}`;

const previewText = (output: Output, preview: RolePreview): string =>
  [
    ...(preview.permissionSets.length === 0
      ? [`no user has the role ${shown(preview.role)}: no device gains or loses anything`]
      : preview.permissionSets.flatMap((set) => [
          `${set.permissionSet}  roles ${set.roles.map(shown).join(', ')}; ${set.documents} ${set.documents === 1 ? 'document' : 'documents'}`,
          devicesLine(set),
          ...changeLines(output, set),
        ])),
    ...inexactText(preview),
  ].join('\n');

/** What is given without a mode, such as a plain list, leaves the role's own. */
const sayWhatStays = ({ note }: Output, given: RoleInUseView['plusMode'] | null, after: RoleInUseView['plusMode']) => {
  if (given === null && after === 'widen') note('plus mode stays widen (--plus-mode exact to change)');
};

const PACE = paceOf(60_000);

const appliedIn = ({ permissionSets }: RoleInUseView): number => permissionSets.filter(({ applied }) => applied).length;

/** @throws Failure NOT_APPLIED_YET */
const untilApplied = (
  api: Api,
  tenant: string,
  edited: RoleInUseView,
  pace: Pace,
  tell: (role: RoleInUseView) => void,
): Promise<RoleInUseView> =>
  untilDone<RoleInUseView>(
    edited,
    {
      ask: () => api('showRole', { params: { tenant, role: edited.id } }),
      isDone: (role) => appliedIn(role) >= role.permissionSets.length,
      isProgress: (before, after) => appliedIn(after) > appliedIn(before),
      stuck: (role) =>
        new Failure(
          'NOT_APPLIED_YET',
          `the role is changed, but IoT Core has it in ${appliedIn(role)} of ${role.permissionSets.length} permission sets: it still follows, or its commands failed (see "vestibule role show ${role.name} --tenant ${tenant}", then the alarms)`,
        ),
      tell,
    },
    pace,
  );

export const editRole = async (
  { output, connect }: Context,
  nameOrId: string,
  options: EditOptions,
  pace: Pace = PACE,
) => {
  const { tenant, dryRun, disconnect, wait } = options;
  const { permissions, plusMode, role: made } = await permissionsGiven(options);
  if (permissions === null && plusMode === null) throw usageFailure(`nothing to change: ${NOTHING_GIVEN}`);
  const api = await connect();
  const role = await roleIdOf(api, tenant, nameOrId);
  const body = {
    ...(permissions === null ? {} : { permissions }),
    ...(plusMode === null ? {} : { plusMode }),
    // what a colleague changed since it was printed is not overwritten; the file of another role is only a list
    ...(made?.id === role ? { version: made.version } : {}),
  };
  if (dryRun) {
    const preview = await api('previewRole', { params: { tenant, role }, body });
    output.result(preview, () => previewText(output, preview));
    sayWhatStays(output, plusMode, preview.plusMode);
    output.note('nothing was changed: this was a dry run');
    return;
  }
  let seen = await api('editRole', {
    params: { tenant, role },
    query: { disconnect: disconnect ? 'true' : 'false' },
    body,
  });
  if (wait) {
    const progress = () => `IoT Core has it in ${appliedIn(seen)} of ${seen.permissionSets.length} permission sets …`;
    const work = untilApplied(api, tenant, seen, pace, (asked) => {
      seen = asked;
    });
    seen = await output.progress(progress, work);
  }
  output.result(seen, () => roleText(seen));
  sayWhatStays(output, plusMode, seen.plusMode);
  if (seen.permissionSets.length > 0 && !disconnect)
    output.note('on AWS, live sessions notice within 6 to 8 minutes; --disconnect makes devices connect anew');
};

export const deleteRole = async ({ output, connect }: Context, nameOrId: string, { tenant }: OfTenant) => {
  const api = await connect();
  const role = await roleIdOf(api, tenant, nameOrId);
  const deleted = await api('deleteRole', { params: { tenant, role } });
  output.result(deleted, () => `${shown(deleted.name)}: deleted`);
};
