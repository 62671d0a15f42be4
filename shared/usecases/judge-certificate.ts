// Judges a certificate that is not accepted yet: asks for what the rules need, and claims the client id that they give.

import type { CertificateFacts, CertificateRecord, UnreadableCertificate } from '#domain/certificate.ts';
import type { Device } from '#domain/device.ts';
import { TransientError } from '#domain/errors.ts';
import type { AnchorId } from '#domain/ids.ts';
import { clientIdFor, commonNameOf, foreignPrefix, namingOf } from '#domain/naming.ts';
import { evaluate } from '#domain/onboarding.ts';
import type { TrustAnchor } from '#domain/trust-anchor.ts';
import type { CertificateReader } from '#ports/certificate-reader.ts';
import type { Trust } from '#ports/trust.ts';
import { type ClientIdInput, type ClientIdPorts, claimClientId, type Judged } from './claim-client-id.ts';

export type JudgePorts = ClientIdPorts & {
  readonly trust: Trust;
  readonly reader: CertificateReader;
};

/** What was found out of the client id that an earlier verdict gave. */
export type Findings = {
  /** a thing of the device's name exists and is not ours */
  readonly thingTaken: boolean;
  /** the client id was claimed under its other key as well, for this device */
  readonly rival: Device | null;
};

export type Subject = {
  readonly anchor: TrustAnchor;
  readonly certificate: CertificateFacts | UnreadableCertificate;
};

const unknownAnchor = (id: AnchorId | null): TransientError =>
  new TransientError(
    `expected a registered trust anchor, got ${id ?? 'a certificate that no CA signed'}: register it`,
    {
      code: 'ANCHOR_NOT_REGISTERED',
    },
  );

/** @throws TransientError when the anchor is not in the registry: that decides nothing about the device */
export const readSubject = async (
  { trust, reader }: Pick<JudgePorts, 'trust' | 'reader'>,
  described: { readonly pem: string; readonly anchorId: AnchorId | null },
): Promise<Subject> => {
  const anchor = described.anchorId && (await trust.anchor(described.anchorId, 'cached'));
  if (!anchor) throw unknownAnchor(described.anchorId);
  return { anchor, certificate: reader.readLeaf(described.pem, anchor.pem) };
};

/** Everything that the rules ask for; nothing here but the anchor may be a few seconds old. */
const gather = async (ports: JudgePorts, subject: Subject, record: CertificateRecord): Promise<ClientIdInput> => {
  const { trust, clock } = ports;
  const { anchor, certificate } = subject;
  const cn = 'unreadable' in certificate ? null : commonNameOf(certificate.subject);
  const around = await trust.around(anchor.tenant, {
    username: cn?.ok ? cn.value : null,
    certificate: record.id,
    anchor: anchor.id,
    serialNumber: 'unreadable' in certificate ? null : certificate.serialNumber,
  });
  if (!around)
    throw new TransientError(`expected tenant ${anchor.tenant} of trust anchor ${anchor.id} in the registry`);
  const { tenant } = around;
  const { operatorWord } = record;
  // what an operator revoked by itself counts as on a list
  const onCrl = around.onCrl || record.causes.includes('REVOKED');
  const input = { ...around, onCrl, certificate, anchor, operatorWord, deviceCauses: [], now: clock() };
  if ('unreadable' in certificate || !cn?.ok) return { ...input, listed: null, foreignTenant: null };

  const naming = namingOf(tenant.naming);
  const clientId = clientIdFor(naming, tenant.name, certificate.subject);
  const prefix = clientId.ok ? foreignPrefix(naming, tenant.name, clientId.value) : null;
  const [listed, foreign] = await Promise.all([
    tenant.allowListId !== null ? trust.isAllowed(tenant.name, tenant.allowListId, cn.value) : null,
    prefix && trust.tenant(prefix),
  ]);
  // a list is deleted once another is in force: who is missing from it may be on the other
  if (listed === false && (await trust.tenant(tenant.name))?.allowListId !== tenant.allowListId)
    return gather(ports, subject, record);
  return { ...input, listed, foreignTenant: foreign?.name ?? null };
};

export const judge = async (
  ports: JudgePorts,
  subject: Subject,
  record: CertificateRecord,
  { thingTaken, rival }: Findings,
): Promise<Judged> => {
  const input = await gather(ports, subject, record);
  let { verdict } = evaluate(input);
  if (verdict.kind !== 'accept') {
    // a reject silences the device for good, so it never rests on an anchor as it was some seconds ago
    const anchor = await ports.trust.anchor(subject.anchor.id, 'fresh');
    if (!anchor) throw unknownAnchor(subject.anchor.id);
    verdict = evaluate({ ...input, anchor }).verdict;
  }
  if (verdict.kind !== 'accept') return { verdict, joined: [] };
  const { clientId } = verdict;
  if (thingTaken) return { verdict: { kind: 'hold', clientId, reason: 'THING_EXISTS', seen: clientId }, joined: [] };
  return claimClientId(ports, { accepted: verdict, input, record }, rival);
};
