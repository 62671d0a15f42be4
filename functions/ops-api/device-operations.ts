// Operations of the management API on devices: each route's use case between its request and its view.

import { explanationView } from '#contracts/explanation-view.ts';
import type { Accepted, OPS_ROUTES } from '#contracts/ops-api.ts';
import { acceptedView, blockedView, deviceView, listedDevice } from '#contracts/ops-views.ts';
import { anchorId, type TenantName, tenantName } from '#domain/ids.ts';
import { ok } from '#domain/result.ts';
import { policyName } from '#names/iot.ts';
import { pageOf } from '#runtime/api-pages.ts';
import type { ApiRequest, Operations } from '#runtime/http-handler.ts';
import { shownAs } from '#runtime/shown-as.ts';
import { type BarDeviceDeps, barDevice } from '#usecases/bar-device.ts';
import { type BlockDeviceDeps, blockDevice, listBlocked } from '#usecases/block-device.ts';
import { type ExplainPermissionDeps, explainPermission } from '#usecases/explain-permission.ts';
import { findDevice } from '#usecases/find-device.ts';
import { type ListDevicesDeps, listDevices } from '#usecases/list-devices.ts';
import { type Outcome, unknownDevice } from '#usecases/refusal.ts';
import { type SteerDeps, type Steered, steerDevice } from '#usecases/steer-device.ts';

export type DeviceOperationsDeps = SteerDeps &
  BarDeviceDeps &
  BlockDeviceDeps &
  ExplainPermissionDeps &
  ListDevicesDeps;

type Said = Accepted['accepted'];
type Routes = typeof OPS_ROUTES;
type DeviceRoute =
  | 'listDevices'
  | 'listBlocked'
  | `show${'' | 'Tenant'}Device`
  | `explain${'' | 'Tenant'}Device`
  | `${Said}${'' | 'Tenant'}Device`;
type Asked<Name extends string> = { readonly params: Readonly<Record<Name, string>>; readonly actor: string };

export const deviceOperations = (deps: DeviceOperationsDeps): Pick<Operations<Routes>, DeviceRoute> => {
  const find = findDevice(deps);
  const explain = explainPermission(deps);

  const show = async (name: string, tenant: TenantName | null) => {
    const found = await find(name, tenant);
    return found ? ok(deviceView(found)) : unknownDevice(name);
  };
  /** The same verb on the operator's route and on the tenant's. */
  const verb = <Verb extends Said>(
    said: Verb,
    steered: (verb: Verb, name: string, tenant: TenantName | null, actor: string) => Promise<Outcome<Steered<Verb>>>,
  ) => ({
    ofAny: async ({ params: { device }, actor }: Asked<'device'>) =>
      shownAs(await steered(said, device, null, actor), acceptedView),
    ofTenant: async ({ params: { device, tenant }, actor }: Asked<'device' | 'tenant'>) =>
      shownAs(await steered(said, device, tenantName(tenant), actor), acceptedView),
  });
  const [steer, bar, block] = [steerDevice(deps), barDevice(deps), blockDevice(deps)];
  const [approve, reject, retry] = [verb('approve', steer), verb('reject', steer), verb('retry', steer)];
  const [suspend, resume, revoke] = [verb('suspend', bar), verb('resume', bar), verb('revoke', bar)];
  const [blocking, unblocking] = [verb('block', block), verb('unblock', block)];

  const explained = async (
    name: string,
    tenant: TenantName | null,
    query: ApiRequest<Routes, 'explainDevice'>['query'],
  ) => {
    const question = { ...query, retain: query.retain === 'true' };
    return shownAs(await explain(name, tenant, question), ({ explanation, permissionSet, pending }) =>
      explanationView(explanation, (document) => policyName({ id: permissionSet ?? '' }, document), pending),
    );
  };

  return {
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
    showDevice: ({ params }) => show(params.device, null),
    approveTenantDevice: approve.ofTenant,
    rejectTenantDevice: reject.ofTenant,
    retryTenantDevice: retry.ofTenant,
    suspendTenantDevice: suspend.ofTenant,
    resumeTenantDevice: resume.ofTenant,
    revokeTenantDevice: revoke.ofTenant,
    blockTenantDevice: blocking.ofTenant,
    unblockTenantDevice: unblocking.ofTenant,
    approveDevice: approve.ofAny,
    rejectDevice: reject.ofAny,
    retryDevice: retry.ofAny,
    suspendDevice: suspend.ofAny,
    resumeDevice: resume.ofAny,
    revokeDevice: revoke.ofAny,
    blockDevice: blocking.ofAny,
    unblockDevice: unblocking.ofAny,
    listBlocked: async ({ params, query }) => {
      const page = await listBlocked(deps)(tenantName(params.tenant), pageOf(query));
      return shownAs(page, ({ items, cursor }) => ({ blocked: items.map(blockedView), cursor }));
    },
    explainTenantDevice: ({ params, query }) => explained(params.device, tenantName(params.tenant), query),
    explainDevice: ({ params, query }) => explained(params.device, null, query),
  };
};
