// The management API's operations: each route's use case between its request and its view.

import type { OPS_ROUTES } from '#contracts/ops-api.ts';
import {
  rejectedEventView,
  roleInUseView,
  rolePreview,
  roleView,
  tenantView,
  userView,
  writtenUser,
} from '#contracts/ops-views.ts';
import { tenantName } from '#domain/ids.ts';
import { ok } from '#domain/result.ts';
import type { RejectedEvents } from '#ports/messages.ts';
import { pageOf } from '#runtime/api-pages.ts';
import type { Operations } from '#runtime/http-handler.ts';
import { shownAs } from '#runtime/shown-as.ts';
import { type CreateRoleDeps, createRole } from '#usecases/create-role.ts';
import { createTenant } from '#usecases/create-tenant.ts';
import { createUser, type UserDeps } from '#usecases/create-user.ts';
import { deleteRole } from '#usecases/delete-role.ts';
import { deleteUser } from '#usecases/delete-user.ts';
import { editRole } from '#usecases/edit-role.ts';
import {
  type BrokerInformation,
  listRoles,
  listUsers,
  showRejectedEvent,
  showRole,
  showTenant,
  showUser,
} from '#usecases/operator-queries.ts';
import { previewRole } from '#usecases/preview-role.ts';
import type { Outcome } from '#usecases/refusal.ts';
import { type SetTenantDeps, setTenant } from '#usecases/set-tenant.ts';
import { setUser } from '#usecases/set-user.ts';
import { warningsOn } from '#usecases/user-warnings.ts';
import type { WrittenUser } from '#usecases/write-user.ts';
import { type DeviceOperationsDeps, deviceOperations } from './device-operations.ts';

type Deps = SetTenantDeps &
  CreateRoleDeps &
  UserDeps &
  DeviceOperationsDeps & {
    readonly rejectedEvents: RejectedEvents;
    readonly broker: () => Promise<BrokerInformation>;
  };

export const opsOperations = (deps: Deps): Operations<typeof OPS_ROUTES> => {
  const tenantOf = showTenant(deps.tenants);
  const readWarnings = warningsOn(deps);
  const userWritten = async (outcome: Outcome<WrittenUser>) => {
    if (!outcome.ok) return outcome;
    const { user } = outcome.value;
    const warningsOf = await readWarnings(user.tenant, [user]);
    return ok(writtenUser(outcome.value, warningsOf(user)));
  };

  return {
    ...deviceOperations(deps),

    createTenant: async ({ body: { tenant, allowCn, ...rest } }) =>
      shownAs(await createTenant(deps)({ ...rest, name: tenantName(tenant), allowedCns: allowCn }), tenantView),
    setTenant: async ({ params, body: { allowCn, ...rest } }) =>
      shownAs(await setTenant(deps)(tenantName(params.tenant), { ...rest, allowedCns: allowCn }), tenantView),
    listTenants: async ({ query }) => {
      const { items, cursor } = await deps.tenants.list(pageOf(query));
      return ok({ tenants: items.map(tenantView), cursor });
    },
    showTenant: async ({ params }) => shownAs(await tenantOf(tenantName(params.tenant)), tenantView),

    createRole: async ({ params, body }) =>
      shownAs(await createRole(deps)(tenantName(params.tenant), body), roleInUseView),
    listRoles: async ({ params, query }) => {
      const page = await listRoles(deps)(tenantName(params.tenant), query['name[eq]'] ?? null, pageOf(query));
      return shownAs(page, ({ items, cursor }) => ({ roles: items.map(roleView), cursor }));
    },
    showRole: async ({ params }) =>
      shownAs(await showRole(deps)(tenantName(params.tenant), params.role), roleInUseView),
    previewRole: async ({ params, body }) =>
      shownAs(await previewRole(deps)(tenantName(params.tenant), params.role, body), rolePreview),
    editRole: async ({ params, query, body }) => {
      const disconnect = query.disconnect === 'true';
      return shownAs(await editRole(deps)(tenantName(params.tenant), params.role, body, disconnect), roleInUseView);
    },
    deleteRole: async ({ params }) => shownAs(await deleteRole(deps)(tenantName(params.tenant), params.role), roleView),

    createUser: async ({ params, body: { username, grantTypes, roles, permissions }, actor }) => {
      const content = { grantTypes, roles, permissions };
      return userWritten(await createUser(deps)(tenantName(params.tenant), username, content, actor));
    },
    listUsers: async ({ params, query }) => {
      const page = await listUsers(deps)(tenantName(params.tenant), pageOf(query));
      if (!page.ok) return page;
      const { items, cursor } = page.value;
      const warningsOf = await readWarnings(tenantName(params.tenant), items);
      return ok({ users: items.map((user) => userView(user, warningsOf(user))), cursor });
    },
    showUser: async ({ params }) => {
      const found = await showUser(deps)(tenantName(params.tenant), params.username);
      if (!found.ok) return found;
      const warningsOf = await readWarnings(found.value.tenant, [found.value]);
      return ok(userView(found.value, warningsOf(found.value)));
    },
    setUser: async ({ params, body, actor }) =>
      userWritten(await setUser(deps)(tenantName(params.tenant), params.username, body, actor)),
    deleteUser: async ({ params, actor }) =>
      userWritten(await deleteUser(deps)(tenantName(params.tenant), params.username, actor)),

    listRejectedEvents: async ({ query }) => {
      const day = query.day ?? new Date(deps.clock()).toISOString().slice(0, 10);
      const { items, cursor } = await deps.rejectedEvents.listDay(day, pageOf(query));
      return ok({ events: items.map(rejectedEventView), cursor });
    },
    showRejectedEvent: async ({ params }) =>
      shownAs(await showRejectedEvent(deps.rejectedEvents)(params.event), rejectedEventView),

    showTenantBroker: async ({ params }) => {
      const tenant = await tenantOf(tenantName(params.tenant));
      return tenant.ok ? ok(await deps.broker()) : tenant;
    },
    showBroker: async () => ok(await deps.broker()),
  };
};
