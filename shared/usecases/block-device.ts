// The block list of a tenant: fingerprints that are kept out, whether or not they ever came.

import type { CertificateRecord } from '#domain/certificate.ts';
import { stateOf } from '#domain/certificate-state.ts';
import { certificatesOf } from '#domain/device.ts';
import { type CertificateId, isCertificateId, type TenantName } from '#domain/ids.ts';
import { ok } from '#domain/result.ts';
import type { BlockLists, Page, PageRequest, TenantRegistry } from '#ports/trust-registry.ts';
import { type Bar, type DeviceBarDeps, followsBar, setDeviceBar } from './device-bar.ts';
import { type FindDeviceDeps, type FoundDevice, findDevice } from './find-device.ts';
import { ambiguous, type Outcome, refuse, unknownDevice, unknownTenant } from './refusal.ts';
import type { Steered } from './steer-device.ts';
import { type Act, tellCertificate } from './tell-certificate.ts';
import { undisturbed } from './undisturbed.ts';
import { whatToDo } from './wrong-state.ts';

export type BlockVerb = 'block' | 'unblock';

export type BlockDeviceDeps = FindDeviceDeps &
  DeviceBarDeps & {
    readonly tenants: Pick<TenantRegistry, 'find'>;
    readonly blockLists: Pick<BlockLists, 'block' | 'unblock' | 'isBlocked' | 'listBlocked'>;
  };

const BARS: Record<BlockVerb, Bar> = {
  block: { cause: 'BLOCKED', stands: true },
  unblock: { cause: 'BLOCKED', stands: false },
};

const nothingToDo = (verb: BlockVerb, name: string, record: CertificateRecord | null) => {
  const state = record === null ? '' : `; it is ${stateOf(record)}: ${whatToDo(record)}`;
  return refuse(
    'conflict',
    'WRONG_STATE',
    verb === 'block'
      ? `expected a fingerprint that is not on the block list, but ${name} is blocked already; unblock takes it off`
      : `expected a fingerprint on the block list, but ${name} is not blocked${state}`,
  );
};

/**
 * A fingerprint that is a device's bars the device as well, so that a new certificate does not undo it. Repeatable: a
 * repeat goes on where an earlier attempt died, and is refused once nothing is left to do.
 */
export const blockDevice = (deps: BlockDeviceDeps) => {
  const { tenants, blockLists, clock } = deps;
  const find = findDevice(deps);
  const setBar = setDeviceBar(deps);
  const tell = tellCertificate(deps);

  /** @returns whether the list changed */
  const list = async (verb: BlockVerb, tenant: TenantName, ids: readonly CertificateId[], by: string) => {
    let changed = false;
    for (const id of ids) {
      if ((await blockLists.isBlocked(tenant, id)) === BARS[verb].stands) continue;
      if (verb === 'block') await blockLists.block(tenant, id, { at: clock(), by });
      else await blockLists.unblock(tenant, id);
      changed = true;
    }
    return changed;
  };

  /** @returns whether the certificate, which is no device's, had to be told */
  const tellAlone = async (verb: BlockVerb, record: CertificateRecord, act: Act): Promise<boolean> => {
    const { verdict, settled } = record;
    const awaits: Record<BlockVerb, boolean> = {
      block: verdict?.kind === 'hold',
      unblock: verdict?.kind === 'reject' && verdict.reason === 'CERT_BLOCKED',
    };
    if (settled && followsBar(record, BARS[verb]) && !awaits[verb]) return false;
    await tell(record.id, act);
    return true;
  };

  const steer = async (
    verb: BlockVerb,
    name: string,
    { device, certificates }: FoundDevice,
    act: Act,
  ): Promise<Outcome<boolean> | null> => {
    const [record, ...more] = certificates;
    if (record.tenant === null)
      return refuse(
        'conflict',
        'WRONG_STATE',
        `${name} is being decided, and it is not known yet whose it is; look again in a moment, or name its tenant`,
      );
    if (device === null && more.length > 0) return ambiguous(verb, name, certificates);
    const ids = device === null || name === record.id ? [record.id] : certificatesOf(device);
    const listed = await list(verb, record.tenant, ids, act.actor);
    if (device === null) return ok((await tellAlone(verb, record, act)) || listed);
    const barred = await setBar(device, BARS[verb], act);
    return barred && ok(listed || barred.changed);
  };

  /** A fingerprint that no certificate of the tenant has. */
  const steerUnseen = async (
    verb: BlockVerb,
    name: string,
    tenant: TenantName | null,
    actor: string,
  ): Promise<Outcome<Steered<BlockVerb>>> => {
    if (!isCertificateId(name)) return unknownDevice(name);
    if (tenant === null)
      return refuse(
        'invalid',
        'TENANT_REQUIRED',
        `no certificate has come with fingerprint ${name}, so that it is not known whose block list is meant; name the tenant`,
      );
    if (!(await tenants.find(tenant))) return unknownTenant(tenant);
    const changed = await list(verb, tenant, [name], actor);
    return changed ? ok({ certificateId: name, clientId: null, verb }) : nothingToDo(verb, name, null);
  };

  return (
    verb: BlockVerb,
    name: string,
    tenant: TenantName | null,
    actor: string,
  ): Promise<Outcome<Steered<BlockVerb>>> =>
    undisturbed(name, async () => {
      const found = await find(name, tenant);
      if (!found) return steerUnseen(verb, name, tenant, actor);
      const [record] = found.certificates;
      const steered = await steer(verb, name, found, { seen: verb, actor });
      if (!steered?.ok) return steered;
      return steered.value
        ? ok({ certificateId: record.id, clientId: found.clientId, verb })
        : nothingToDo(verb, name, record);
    });
};

export const listBlocked =
  ({ tenants, blockLists }: Pick<BlockDeviceDeps, 'tenants' | 'blockLists'>) =>
  async (
    tenant: TenantName,
    page: PageRequest,
  ): Promise<Outcome<Page<{ id: CertificateId; at: number; by: string }>>> =>
    (await tenants.find(tenant)) ? ok(await blockLists.listBlocked(tenant, page)) : unknownTenant(tenant);
