// The management API's operations: each route's use case between its request and its view.

import { explanationView } from '#contracts/explanation-view.ts';
import type { Query } from '#contracts/management-api.ts';
import {
  anchorView,
  deviceView,
  listedDevice,
  rejectedEventView,
  roleInUseView,
  rolePreview,
  roleView,
  tenantView,
  userView,
  writtenUser,
} from '#contracts/ops-views.ts';
import { anchorId, type TenantName, tenantName } from '#domain/ids.ts';
import { ok } from '#domain/result.ts';
import { policyName } from '#names/iot.ts';
import type { RejectedEvents } from '#ports/messages.ts';
import type { PageRequest } from '#ports/trust-registry.ts';
import type { Operations } from '#runtime/http-handler.ts';
import { type CreateRoleDeps, createRole } from '#usecases/create-role.ts';
import { createTenant } from '#usecases/create-tenant.ts';
import { createUser, type UserDeps } from '#usecases/create-user.ts';
import { deleteRole } from '#usecases/delete-role.ts';
import { deleteUser } from '#usecases/delete-user.ts';
import { editRole } from '#usecases/edit-role.ts';
import { type ExplainPermissionDeps, explainPermission } from '#usecases/explain-permission.ts';
import { findDevice } from '#usecases/find-device.ts';
import { type ListDevicesDeps, listDevices } from '#usecases/list-devices.ts';
import {
  type BrokerInformation,
  listAnchors,
  listRoles,
  listUsers,
  showAnchor,
  showRejectedEvent,
  showRole,
  showTenant,
  showUser,
} from '#usecases/operator-queries.ts';
import { previewRole } from '#usecases/preview-role.ts';
import { type Outcome, unknownDevice } from '#usecases/refusal.ts';
import { type RegisterAnchorDeps, registerAnchor } from '#usecases/register-anchor.ts';
import { type SetTenantDeps, setTenant } from '#usecases/set-tenant.ts';
import { setUser } from '#usecases/set-user.ts';
import { type SteerDeps, steerDevice, type Verb } from '#usecases/steer-device.ts';
import { warningsOn } from '#usecases/user-warnings.ts';
import type { WrittenUser } from '#usecases/write-user.ts';

type Deps = SetTenantDeps &
  CreateRoleDeps &
  UserDeps &
  RegisterAnchorDeps &
  SteerDeps &
  ExplainPermissionDeps &
  ListDevicesDeps & { readonly rejectedEvents: RejectedEvents; readonly broker: () => Promise<BrokerInformation> };

const DEFAULT_LIMIT = 50;

const pageOf = ({ limit, cursor }: { limit?: string | undefined; cursor?: string | undefined }): PageRequest => ({
  limit: limit === undefined ? DEFAULT_LIMIT : Number(limit),
  cursor: cursor ?? null,
});

const shownAs = <From, To>(outcome: Outcome<From>, view: (value: From) => To): Outcome<To> =>
  outcome.ok ? ok(view(outcome.value)) : outcome;

export const opsOperations = (deps: Deps): Operations => {
  const tenantOf = showTenant(deps.tenants);
  const find = findDevice(deps);
  const steer = steerDevice(deps);
  const explain = explainPermission(deps);

  const show = async (name: string, tenant: TenantName | null) => {
    const found = await find(name, tenant);
    return found ? ok(deviceView(found)) : unknownDevice(name);
  };
  const steered = async (verb: Verb, name: string, tenant: TenantName | null, actor: string) =>
    shownAs(await steer(verb, name, tenant, actor), ({ certificateId, clientId }) => ({
      fingerprint: certificateId,
      clientId,
      accepted: verb,
    }));

  const readWarnings = warningsOn(deps);
  const userWritten = async (outcome: Outcome<WrittenUser>) => {
    if (!outcome.ok) return outcome;
    const { user } = outcome.value;
    const warningsOf = await readWarnings(user.tenant, [user]);
    return ok(writtenUser(outcome.value, warningsOf(user)));
  };

  const explained = async (name: string, tenant: TenantName | null, query: Query<'explainDevice'>) => {
    const question = { ...query, retain: query.retain === 'true' };
    return shownAs(await explain(name, tenant, question), ({ explanation, permissionSet, pending }) =>
      explanationView(explanation, (document) => policyName({ id: permissionSet ?? '' }, document), pending),
    );
  };

  return {
    createTenant: async ({ body: { tenant, allowCn, ...rest } }) =>
      shownAs(await createTenant(deps)({ ...rest, name: tenantName(tenant), allowedCns: allowCn }), tenantView),
    setTenant: async ({ params, body: { allowCn, ...rest } }) =>
      shownAs(await setTenant(deps)(tenantName(params.tenant), { ...rest, allowedCns: allowCn }), tenantView),
    listTenants: async ({ query }) => {
      const { items, cursor } = await deps.tenants.list(pageOf(query));
      return ok({ tenants: items.map(tenantView), cursor });
    },
    showTenant: async ({ params }) => shownAs(await tenantOf(tenantName(params.tenant)), tenantView),

    registerAnchor: async ({ params, body, actor }) =>
      shownAs(await registerAnchor(deps)(tenantName(params.tenant), body.certificate, actor), anchorView),
    listAnchors: async ({ params, query }) => {
      const page = await listAnchors(deps.tenants, deps.anchors)(tenantName(params.tenant), pageOf(query));
      return shownAs(page, ({ items, cursor }) => ({ anchors: items.map(anchorView), cursor }));
    },
    showAnchor: async ({ params }) =>
      shownAs(await showAnchor(deps.anchors)(tenantName(params.tenant), anchorId(params.anchor)), anchorView),

    listDevices: async ({ params, query }) => {
      const filter = {
        state: query.state ?? null,
        anchor: query.anchor === undefined ? null : anchorId(query.anchor),
        since: query.since === undefined ? null : Date.parse(query.since),
        prefix: query.prefix ?? '',
      };
      const page = await listDevices(deps)(tenantName(params.tenant), filter, pageOf(query));
      return shownAs(page, ({ items, cursor }) => ({ devices: items.map(listedDevice), cursor }));
    },
    showTenantDevice: ({ params }) => show(params.device, tenantName(params.tenant)),
    approveTenantDevice: ({ params, actor }) => steered('approve', params.device, tenantName(params.tenant), actor),
    rejectTenantDevice: ({ params, actor }) => steered('reject', params.device, tenantName(params.tenant), actor),
    retryTenantDevice: ({ params, actor }) => steered('retry', params.device, tenantName(params.tenant), actor),
    showDevice: ({ params }) => show(params.device, null),
    approveDevice: ({ params, actor }) => steered('approve', params.device, null, actor),
    rejectDevice: ({ params, actor }) => steered('reject', params.device, null, actor),
    retryDevice: ({ params, actor }) => steered('retry', params.device, null, actor),
    explainTenantDevice: ({ params, query }) => explained(params.device, tenantName(params.tenant), query),
    explainDevice: ({ params, query }) => explained(params.device, null, query),

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
