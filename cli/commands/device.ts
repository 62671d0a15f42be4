// vestibule device list | show | approve | reject | retry

import type { DeviceView, ListedDevice } from '#contracts/ops-api.ts';
import type { CertificateState } from '#domain/certificate.ts';
import type { Context } from '../context.ts';
import { fields, type Output, shownTime, table } from '../output.ts';
import { collect, type ListOptions, listText } from '../pages.ts';

export type DeviceFilter = {
  readonly state?: CertificateState;
  readonly anchor?: string;
  /** ISO 8601 */
  readonly since?: string;
  readonly prefix?: string;
};
type Named = { readonly tenant?: string };

const COLOUR = {
  ACTIVE: 'green',
  HELD: 'yellow',
  PENDING: 'yellow',
  SUSPENDED: 'yellow',
  REJECTED: 'red',
  REVOKED: 'red',
  EXPIRED: 'red',
  RETIRED: 'dim',
} as const satisfies Record<CertificateState, string>;

const colouredState = (output: Output, cell: string): string => {
  const colour = Object.entries(COLOUR).find(([state]) => state === cell.trim())?.[1];
  return colour ? output.style(colour, cell) : cell;
};

const listTable = (output: Output, devices: readonly ListedDevice[]): string =>
  table(
    ['CLIENT ID', 'STATE', 'REASON', 'SEEN', 'DECIDED', 'FINGERPRINT'],
    devices.map((device) => [
      device.clientId,
      device.state,
      device.reason,
      device.seen,
      shownTime(device.decidedAt),
      device.fingerprint,
    ]),
    (cell, column) => (column === 1 ? colouredState(output, cell) : cell),
  );

export const listDevices = async (
  { output, connect }: Context,
  options: ListOptions & DeviceFilter & { tenant: string },
) => {
  const { tenant, state, anchor, since, prefix } = options;
  const filter = {
    ...(state === undefined ? {} : { state }),
    ...(anchor === undefined ? {} : { anchor }),
    ...(since === undefined ? {} : { since }),
    ...(prefix === undefined ? {} : { prefix }),
  };
  const api = await connect();
  const list = await collect(output, options, async (query) => {
    const { devices, cursor } = await api('listDevices', { params: { tenant }, query: { ...query, ...filter } });
    return { items: devices, cursor };
  });
  const nothing =
    Object.keys(filter).length === 0 ? `${tenant} has no device yet` : `${tenant} has no device that matches`;
  output.result({ devices: list.items, cursor: list.cursor }, () =>
    listText(listTable(output, list.items), list, nothing),
  );
};

const certificateText = (
  output: Output,
  device: DeviceView,
  certificate: DeviceView['certificates'][number],
): string => {
  const head = fields([
    ['certificate', certificate.fingerprint],
    ['  tenant', certificate.tenant === device.tenant ? null : certificate.tenant],
    ['  state', certificate.state],
    ['  reason', certificate.reason],
    ['  seen', certificate.seen],
    ['  causes', certificate.causes.join(', ') || null],
    ['  subject', certificate.subject?.replaceAll('\n', ', ') ?? null],
    ['  anchor', certificate.anchor],
    ['  valid to', shownTime(certificate.validTo)],
  ]);
  const history = table(
    ['    TIME', 'STATE', 'REASON', 'SEEN', 'ACTOR'],
    certificate.history.map((entry) => [
      `    ${shownTime(entry.at)}`,
      entry.state,
      entry.reason,
      entry.seen,
      entry.actor,
    ]),
    (cell, column) => (column === 1 ? colouredState(output, cell) : cell),
  );
  return certificate.history.length === 0 ? head : `${head}\n${history}`;
};

const deviceText = (output: Output, device: DeviceView): string => {
  const { presence, mismatch } = device;
  const session =
    presence &&
    `${presence.connected ? 'connected' : `disconnected (${presence.disconnectReason ?? 'no reason given'})`} since ${shownTime(presence.at)}${presence.ip ? ` from ${presence.ip}` : ''}`;
  const wrongId =
    mismatch &&
    `${mismatch.code}: tried "${mismatch.tried}" at ${shownTime(mismatch.at)}${mismatch.ip ? ` from ${mismatch.ip}` : ''}; ${mismatch.count} wrong ${mismatch.count === 1 ? 'try' : 'tries'} in all`;
  const head = fields([
    ['client id', device.clientId ?? 'none'],
    ['tenant', device.tenant],
    ['state', device.state],
    ['reason', device.reason],
    ['seen', device.seen],
    ['to do', device.advice],
    ['thing', device.thingName],
    ['user', device.user],
    ['permissions', device.permissionSet],
    ['session', session],
    ['wrong id', wrongId],
  ]);
  return [head, ...device.certificates.map((certificate) => certificateText(output, device, certificate))].join('\n');
};

export const showDevice = async ({ output, connect }: Context, device: string, { tenant }: Named) => {
  const api = await connect();
  const found =
    tenant === undefined
      ? await api('showDevice', { params: { device } })
      : await api('showTenantDevice', { params: { tenant, device } });
  output.result(found, () => deviceText(output, found));
};

const VERBS = {
  approve: { operator: 'approveDevice', tenant: 'approveTenantDevice', done: 'approved' },
  reject: { operator: 'rejectDevice', tenant: 'rejectTenantDevice', done: 'rejected' },
  retry: { operator: 'retryDevice', tenant: 'retryTenantDevice', done: 'will be decided again' },
} as const;
export type Verb = keyof typeof VERBS;

/** Records the fact; IoT Core follows, which `device show` then tells. */
export const steerDevice = async ({ output, connect }: Context, verb: Verb, device: string, { tenant }: Named) => {
  const { operator, tenant: tenantRoute, done } = VERBS[verb];
  const api = await connect();
  const accepted =
    tenant === undefined
      ? await api(operator, { params: { device } })
      : await api(tenantRoute, { params: { tenant, device } });
  output.result(accepted, () => `${accepted.clientId ?? accepted.fingerprint}: ${done}`);
  output.note(`IoT Core follows in a moment; see: vestibule device show ${accepted.fingerprint}`);
};
