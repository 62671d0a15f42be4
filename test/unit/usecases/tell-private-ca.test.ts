// What a private CA is told of a certificate that an operator revoked.

import { expect, it } from 'vitest';
import { TransientError } from '#domain/errors.ts';
import { anAnchor, CA } from '#support/onboarding-world.ts';
import { sweepWorld } from '#support/sweep-world.ts';
import { tellPrivateCa } from '#usecases/tell-private-ca.ts';

const ARN = 'arn:aws:acm-pca:eu-central-1:123456789012:certificate-authority/11111111-2222-3333-4444-555555555555';

const start = async (privateCaArn: string | null) => {
  const world = sweepWorld();
  world.anchors.anchors.set(CA, anAnchor({ privateCaArn }));
  const [id] = await world.letIn('a');
  if (!id) throw new Error('expected a certificate');
  const told: string[] = [];
  const revoke = async (ca: string, serialNumber: string) => {
    told.push(`${ca} ${serialNumber}`);
  };
  const { certificates, anchors } = world;
  const unknown = () => certificates.records.set(id, { ...world.record(id), serialNumber: null });
  return { world, id, told, unknown, tell: () => tellPrivateCa({ certificates, anchors, privateCa: { revoke } })(id) };
};

it('I-07: is its serial number; no other CA is told anything', async () => {
  const { tell, told } = await start(ARN);
  await tell();
  expect(told).toEqual([`${ARN} 1`]);
  const other = await start(null);
  other.unknown();
  await other.tell();
  expect(other.told).toEqual([]);
});

it('I-07: waits for a serial number that was not kept, which the revocation itself has read', async () => {
  const { world, id, tell, told, unknown } = await start(ARN);
  unknown();
  await expect(tell()).rejects.toThrow(TransientError);
  await world.bar(id, 'REVOKED');
  await world.onboard({ certificateId: id, owner: 'converge', cameAt: null, iotStatus: null });
  await tell();
  expect(told).toEqual([`${ARN} 1`]);
});

it('I-07: is nothing where the certificate was turned away and cannot be read', async () => {
  const { world, id, tell, told } = await start(ARN);
  const verdict = { kind: 'reject', clientId: null, reason: 'CERT_UNREADABLE', seen: '' } as const;
  world.certificates.records.set(id, { ...world.record(id), serialNumber: null, verdict });
  await tell();
  expect(told).toEqual([]);
});
