// Operators keep a device out: suspend and resume it, or revoke it, which is final (V-04).

import type { CertificateRecord } from '#domain/certificate.ts';
import type { TenantName } from '#domain/ids.ts';
import { ok } from '#domain/result.ts';
import type { TrustQueue } from '#ports/messages.ts';
import type { AnchorRegistry } from '#ports/trust-registry.ts';
import { type Bar, type DeviceBarDeps, setDeviceBar } from './device-bar.ts';
import { type FindDeviceDeps, type FoundDevice, findDevice } from './find-device.ts';
import { type Outcome, unknownDevice } from './refusal.ts';
import type { Steered } from './steer-device.ts';
import { type Act, tellCertificate } from './tell-certificate.ts';
import { undisturbed } from './undisturbed.ts';
import { whatToDo, wrongState } from './wrong-state.ts';

export type BarVerb = 'suspend' | 'resume' | 'revoke';

export type BarDeviceDeps = FindDeviceDeps &
  DeviceBarDeps & {
    readonly anchors: Pick<AnchorRegistry, 'find'>;
    readonly trustQueue: TrustQueue;
  };

const BARS: Record<BarVerb, Bar> = {
  suspend: { cause: 'OPERATOR', stands: true },
  resume: { cause: 'OPERATOR', stands: false },
  revoke: { cause: 'REVOKED', stands: true },
};
const EXPECTED: Record<BarVerb, string> = {
  suspend: 'a device that is let in to suspend',
  resume: 'a device that an operator suspended to resume',
  revoke: 'a device that was let in, or the fingerprint of a certificate, to revoke',
};
const FOR_GOOD = 'it is revoked for good; give the device a new certificate, then approve that';
const DONE: Partial<Record<BarVerb, string>> = {
  suspend: 'an operator suspended it already; resume it to let it in again',
  revoke: FOR_GOOD,
};

/**
 * Suspending and revoking are facts of the device: a new certificate does not undo them. A certificate that is not the
 * device's newest, or that was not let in, is revoked alone when its fingerprint is named. Repeatable: a repeat goes on
 * where an earlier attempt died, and is refused once nothing is left to do.
 */
export const barDevice = (deps: BarDeviceDeps) => {
  const { anchors, trustQueue, newId } = deps;
  const find = findDevice(deps);
  const setBar = setDeviceBar(deps);
  const tell = tellCertificate(deps);

  /** @returns how many were signed by a private CA, which is told: also when it may have been told before */
  const tellPrivateCas = async (records: readonly CertificateRecord[]): Promise<number> => {
    let told = 0;
    for (const { id, anchorId } of records) {
      const anchor = anchorId && (await anchors.find(anchorId));
      if (!anchor?.privateCaArn) continue;
      await trustQueue.send({ act: 'private-ca', certificateId: id, commandId: newId() });
      told += 1;
    }
    return told;
  };

  /** @returns whether there was anything to do */
  const revokeAlone = async (record: CertificateRecord, act: Act): Promise<boolean> => {
    const isRevoked = record.causes.includes('REVOKED');
    if (!isRevoked || !record.settled) await tell(record.id, act, 'REVOKED');
    return (await tellPrivateCas([record])) > 0 || !isRevoked || !record.settled;
  };

  /** @returns why the device or certificate cannot be barred so; null when it can */
  const refusalOf = (verb: BarVerb, name: string, { device, certificates: [record] }: FoundDevice) => {
    const refused = (advice?: string) => wrongState(EXPECTED[verb], name, record, advice);
    const isNamed = name === record.id;
    if (verb === 'revoke' && isNamed) return record.verdict === null ? refused() : null;
    // a client id means the device, and no certificate that was not let in as it
    if (device === null || record.verdict?.kind !== 'accept')
      return refused(verb === 'revoke' ? `${whatToDo(record)}; or name ${record.id}` : undefined);
    const isRevoked = device.causes.includes('REVOKED') || (isNamed && record.causes.includes('REVOKED'));
    return verb !== 'revoke' && isRevoked ? refused(FOR_GOOD) : null;
  };

  /** @returns whether there was anything to do; null when others changed the device meanwhile */
  const bar = async (verb: BarVerb, name: string, found: FoundDevice, act: Act): Promise<boolean | null> => {
    const { device, certificates } = found;
    const [record] = certificates;
    const isDevice = device?.certificateId === record.id && record.verdict?.kind === 'accept';
    // whatever else the device has stays in
    if (device === null || (verb === 'revoke' && name === record.id && !isDevice)) return revokeAlone(record, act);
    const barred = await setBar(device, BARS[verb], act);
    if (barred === null) return null;
    const told = verb === 'revoke' ? await tellPrivateCas(barred.certificates) : 0;
    return barred.changed || told > 0;
  };

  return (verb: BarVerb, name: string, tenant: TenantName | null, actor: string): Promise<Outcome<Steered<BarVerb>>> =>
    undisturbed(name, async () => {
      const found = await find(name, tenant);
      if (!found) return unknownDevice(name);
      const refusal = refusalOf(verb, name, found);
      if (refusal) return refusal;
      const { clientId, certificates } = found;
      const done = await bar(verb, name, found, { seen: verb, actor });
      if (done === null) return null;
      const [record] = certificates;
      return done
        ? ok({ certificateId: record.id, clientId, verb })
        : wrongState(EXPECTED[verb], name, record, DONE[verb]);
    });
};
