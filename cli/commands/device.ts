// vestibule device list | blocked | show | approve | reject | retry | suspend | resume | revoke | block | unblock

import type { Accepted, DeviceView, ListedDevice } from '#contracts/ops-api.ts';
import type { AffectedDevice } from '#contracts/trust-api.ts';
import type { CertificateState } from '#domain/certificate.ts';
import { type Api, ApiFailure } from '../api-client.ts';
import type { Context } from '../context.ts';
import { affectedTable } from '../impact-text.ts';
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

export const listBlocked = async ({ output, connect }: Context, options: ListOptions & { tenant: string }) => {
  const { tenant } = options;
  const api = await connect();
  const list = await collect(output, options, async (query) => {
    const { blocked, cursor } = await api('listBlocked', { params: { tenant }, query });
    return { items: blocked, cursor };
  });
  output.result({ blocked: list.items, cursor: list.cursor }, () =>
    listText(
      table(
        ['FINGERPRINT', 'SINCE', 'BY'],
        list.items.map(({ fingerprint, at, by }) => [fingerprint, shownTime(at), by]),
      ),
      list,
      `${tenant} has blocked no certificate`,
    ),
  );
};

/** What the certificate is to the device; null where it says nothing, because it is the only one or none of it. */
const partOf = (
  { current, former, others }: DeviceView,
  { fingerprint, state }: DeviceView['certificates'][number],
): string | null => {
  if (former?.fingerprint === fingerprint) {
    // one that is out by now is used no more
    if (state !== 'ACTIVE') return 'the former one';
    return former.until === null
      ? 'the former one, until the newest is let in'
      : `the former one, until the newest connects or ${shownTime(former.until)}`;
  }
  if (others.includes(fingerprint)) return 'beside the newest';
  return current === fingerprint && (former !== null || others.length > 0) ? 'the newest' : null;
};

const certificateText = (
  output: Output,
  device: DeviceView,
  certificate: DeviceView['certificates'][number],
): string => {
  const isOpen = certificate.state === 'HELD' || certificate.state === 'REJECTED';
  const head = fields([
    ['certificate', certificate.fingerprint],
    ['  used', partOf(device, certificate)],
    ['  tenant', certificate.tenant === device.tenant ? null : certificate.tenant],
    ['  state', certificate.state],
    ['  reason', certificate.reason],
    ['  seen', certificate.seen],
    ['  to do', isOpen && device.certificates.length > 1 ? certificate.advice : null],
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

const sessionText = ({ presence }: DeviceView): string | null =>
  presence &&
  `${presence.connected ? 'connected' : `disconnected (${presence.disconnectReason ?? 'no reason given'})`} since ${shownTime(presence.at)}${presence.ip ? ` from ${presence.ip}` : ''}`;

const deviceText = (output: Output, device: DeviceView): string => {
  const { mismatch } = device;
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
    ['barred by', device.causes.join(', ') || null],
    ['session', sessionText(device)],
    ['wrong id', wrongId],
  ]);
  return [head, ...device.certificates.map((certificate) => certificateText(output, device, certificate))].join('\n');
};

const ask = (api: Api, device: string, { tenant }: Named): Promise<DeviceView> =>
  tenant === undefined
    ? api('showDevice', { params: { device } })
    : api('showTenantDevice', { params: { tenant, device } });

export const showDevice = async ({ output, connect }: Context, device: string, options: Named) => {
  const found = await ask(await connect(), device, options);
  output.result(found, () => deviceText(output, found));
};

export type Verb = Accepted['accepted'];
export type SteerOptions = Named & { readonly dryRun?: boolean };

const DONE: Readonly<Record<Verb, string>> = {
  approve: 'approved',
  reject: 'rejected',
  retry: 'will be decided again',
  suspend: 'suspended until it is resumed',
  resume: 'resumed',
  revoke: 'revoked for good',
  block: 'blocked until it is unblocked',
  unblock: 'unblocked',
};
/** Beside what IoT Core does in a moment. */
const NEXT: Partial<Readonly<Record<Verb, string>>> = {
  revoke: 'to let the device in again, give it a new certificate, and approve that when it is held',
};
const WOULD: Partial<Readonly<Record<Verb, string>>> = {
  suspend: 'would be kept out until it is resumed',
  revoke: 'would be kept out for good',
  block: 'would be kept out until it is unblocked',
};

/** The certificates that a verb would touch, each with its session if it has one. */
const affected = (device: DeviceView, touched: readonly string[]): AffectedDevice[] =>
  device.certificates
    .filter(({ fingerprint }) => touched.includes(fingerprint))
    .map(({ fingerprint, state }) => {
      const { presence } = device;
      const own = presence !== null && (presence.certificate ?? device.current) === fingerprint ? presence : null;
      const { connected = false, ip = null, at: lastSeen = null } = own ?? {};
      return { clientId: device.clientId, fingerprint, state, connected, ip, lastSeen };
    });

/** Says whom a verb would touch: the whole device, or the one certificate that is named and not the device's newest. */
const preview = async ({ output, connect }: Context, verb: Verb, name: string, options: Named) => {
  const api = await connect();
  const named = await ask(api, name, options).catch((error) => {
    if (verb === 'block' && options.tenant && error instanceof ApiFailure && error.code === 'DEVICE_UNKNOWN')
      return null;
    throw error;
  });
  if (named === null) {
    output.result(null, () => `${name}: no certificate of ${options.tenant} has it`);
    output.note('one that comes with it would be turned away; nothing was changed');
    return;
  }
  const { clientId, current } = named;
  const isAlone =
    current === null || (verb === 'revoke' && named.certificates[0]?.fingerprint === name && current !== name);
  const device = isAlone || clientId === null || clientId === name ? named : await ask(api, clientId, options);
  const ofDevice = [current, device.former?.fingerprint, ...device.others].filter((each) => typeof each === 'string');
  const touched = affected(device, isAlone ? device.certificates.map(({ fingerprint }) => fingerprint) : ofDevice);
  output.result(device, () =>
    [
      fields([
        ['client id', clientId ?? 'none'],
        ['tenant', device.tenant],
        ['state', device.state],
        ['barred by', device.causes.join(', ') || null],
        ['session', sessionText(device) ?? 'never seen'],
      ]),
      affectedTable(touched),
    ].join('\n'),
  );
  const ends = touched.some(({ connected }) => connected) ? ', and its session would end' : '';
  output.note(`${name} ${WOULD[verb] ?? 'would be touched'}${ends}; nothing was changed`);
};

/** Records the fact; IoT Core follows, which `device show` then tells. */
export const steerDevice = async (context: Context, verb: Verb, device: string, options: SteerOptions) => {
  const { output, connect } = context;
  const { tenant, dryRun } = options;
  if (dryRun) return preview(context, verb, device, options);
  const api = await connect();
  const accepted =
    tenant === undefined
      ? await api(`${verb}Device`, { params: { device } })
      : await api(`${verb}TenantDevice`, { params: { tenant, device } });
  const { clientId, fingerprint } = accepted;
  output.result(accepted, () => `${clientId ?? fingerprint}: ${DONE[verb]}`);
  output.note(
    clientId === null && tenant !== undefined && (verb === 'block' || verb === 'unblock')
      ? `see: vestibule device blocked --tenant ${tenant}`
      : `IoT Core follows in a moment; see: vestibule device show ${fingerprint}`,
  );
  if (NEXT[verb] !== undefined) output.note(NEXT[verb]);
};
