// Answers whether a device may do something, by what the registry says of it now.

import type { ArnParts } from '#domain/device-policy.ts';
import { type Explanation, explain, explainBarred } from '#domain/explain-permission.ts';
import type { TenantName } from '#domain/ids.ts';
import type { Question } from '#domain/judge-permission.ts';
import { contentOf } from '#domain/permission-set.ts';
import { ok } from '#domain/result.ts';
import type { PermissionSetRegistry } from '#ports/permission-registry.ts';
import { type FindDeviceDeps, findDevice } from './find-device.ts';
import { type GrantedDeps, grantedOf, rolesOf } from './granted-permissions.ts';
import { type Outcome, refuse, unknownDevice } from './refusal.ts';

export type ExplainPermissionDeps = FindDeviceDeps &
  GrantedDeps & { readonly permissionSets: PermissionSetRegistry; readonly arn: ArnParts };

export type ExplainedPermission = {
  readonly explanation: Explanation;
  /** null for a device that has none, because it is not let in */
  readonly permissionSet: string | null;
  /** why IoT Core may answer otherwise for a while; null when it has all that was recorded */
  readonly pending: string | null;
};

export const explainPermission = (deps: ExplainPermissionDeps) => {
  const { permissionSets, arn } = deps;
  const find = findDevice(deps);
  const rolesIn = rolesOf(deps);

  /**
   * @param name client id or certificate fingerprint
   * @param owner whose devices are looked at; null for those of every tenant
   */
  return async (name: string, owner: TenantName | null, question: Question): Promise<Outcome<ExplainedPermission>> => {
    const found = await find(name, owner);
    if (!found) return unknownDevice(name);
    const [record] = found.certificates;
    const { tenant, verdict, settled } = record;
    const moving = settled ? null : 'IoT Core is still being brought to what was recorded of the device';
    const barred = explainBarred(found.clientId ?? name, record, question);
    if (barred) return ok({ explanation: barred, permissionSet: null, pending: moving });
    if (tenant === null || verdict?.kind !== 'accept') return unknownDevice(name);

    const set = await permissionSets.find(tenant, verdict.permissionSet);
    if (!set) {
      return refuse(
        'conflict',
        'PERMISSION_SET_MISSING',
        `the registry has no permission set ${verdict.permissionSet}, so that what the device may do is not known; set the naming of tenant ${tenant} again, which makes its sets`,
      );
    }
    const roles = await rolesIn(tenant, set);
    const explained = explain(
      {
        clientId: verdict.clientId,
        user: verdict.user,
        set,
        granted: grantedOf(roles, set.permissions, verdict.user),
        arn,
      },
      question,
    );
    if (!explained.ok)
      return refuse('conflict', explained.error.code, `permission set ${set.id}: ${explained.error.message}`);
    const editing =
      set.applied?.content === contentOf(roles)
        ? null
        : 'IoT Core is still being brought to what the permissions of the device come to now';
    return ok({ explanation: explained.value, permissionSet: set.id, pending: moving ?? editing });
  };
};
