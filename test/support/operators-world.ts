// Operators beside an onboarding world: what they change is followed, and what must hold in the end can be looked at.

import { roleIdOf } from '#adapters/name-digests.ts';
import { compilePolicies } from '#domain/permission-compiler.ts';
import { contentOf } from '#domain/permission-set.ts';
import { adminRole, isBuiltIn, type Role } from '#domain/role.ts';
import { COLLECTION_DELAY_SECONDS } from '#names/timing.ts';
import { grantedOf } from '#usecases/granted-permissions.ts';
import { ACME, onboardingWorld } from './onboarding-world.ts';
import { startOpsApi } from './ops-api.ts';

export const PORTS = [
  'tenants',
  'users',
  'roles',
  'permissionSets',
  'deviceListing',
  'certificates',
  'tenantLock',
  'setGateway',
  'setQueue',
  'commands',
] as const;

export const operatorsWorld = () => {
  const world = onboardingWorld();
  world.askForUsers();
  const api = startOpsApi(world);
  let commandsDone = 0;

  const rolesIn = (ids: readonly Role['id'][]): Role[] =>
    ids.map((id) => {
      const role = isBuiltIn({ id }) ? adminRole(ACME) : api.roles.roles.get(`${ACME}/${id}`);
      if (!role) throw new Error(`no role ${id}`);
      return role;
    });

  return {
    world,
    api,
    idOf: (name: string) => roleIdOf(ACME, name),
    /** Does what was asked of both queues by now. */
    follow: async (): Promise<void> => {
      await api.work();
      for (const { certificateId } of api.commands.splice(0)) {
        commandsDone += 1;
        await world.onboard(world.command(certificateId, 900 + commandsDone));
      }
    },
    /** As many delays as a set can wait for its deletion. */
    later: async (): Promise<void> => {
      for (let times = 0; times < 3; times += 1) {
        world.time.now += COLLECTION_DELAY_SECONDS * 1_000;
        await api.work();
      }
    },
    setsOfUsers: (): string[] =>
      [...new Set([...world.users.users.values()].map(({ composition }) => composition))]
        .filter((composition) => composition !== null)
        .map((composition) => `acme.connectware.${composition}`)
        .toSorted(),
    setsInIot: (): string[] => [...api.setGateway.documents.keys()].filter((id) => id.split('.').length > 2).toSorted(),
    setsRecorded: (): string[] =>
      [...api.permissionSets.sets.values()]
        .filter(({ composition }) => composition !== null)
        .map(({ id }) => id)
        .toSorted(),
    /** Sets in IoT Core that are not what their roles say, or of which the record says otherwise. */
    stale: (): string[] =>
      [...api.permissionSets.sets.values()].flatMap((set) => {
        const roles = rolesIn(set.roles);
        const compiled = compilePolicies(set, grantedOf(roles, set.permissions), api.deps.arn);
        const documents = compiled.ok ? compiled.value.documents.map(({ json }) => json).join() : 'none';
        const same = api.setGateway.documents.get(set.id)?.join() === documents;
        return same && set.applied?.content === contentOf(roles) ? [] : [set.id];
      }),
    notes: (): string[] => [...world.users.notes].toSorted(),
    notesOfUsers: (): string[] =>
      [...world.users.users.values()]
        .filter(({ composition }) => composition !== null)
        .map(({ tenant, composition, username }) => `${tenant}/${composition}/${username}`)
        .toSorted(),
  };
};
export type OperatorsWorld = ReturnType<typeof operatorsWorld>;
