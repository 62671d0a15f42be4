// Certificates and CA certificates of the embedded IoT control plane, through the real SDK client.

import { X509Certificate } from 'node:crypto';
import {
  DeleteCACertificateCommand,
  DescribeCACertificateCommand,
  DescribeCertificateCommand,
  GetRegistrationCodeCommand,
  ListCACertificatesCommand,
  ListCertificatesByCACommand,
  ListCertificatesCommand,
  ListTagsForResourceCommand,
  RegisterCACertificateCommand,
  UpdateCACertificateCommand,
  UpdateCertificateCommand,
} from '@aws-sdk/client-iot';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { emptyIotState } from '#local/iot/state.ts';
import { issueDevice, makeTenantCa } from '#support/certificates.ts';
import { ACCOUNT, REGION, type RunningControlPlane, startControlPlane } from '#support/iot-control-plane.ts';

const aCa = (cn: string) => makeTenantCa({ subject: [['CN', cn]] });
const aLeaf = (cn: string, ca?: ReturnType<typeof aCa>) => issueDevice(ca ?? authority, { cn }).pem;
const idOf = (pem: string) => new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();

const authority = aCa('Maker CA');
const leafPem = aLeaf('device01');
let running: RunningControlPlane;
const changes: string[] = [];
const saved: number[] = [];
const state = emptyIotState();

const register = (caCertificate: string) =>
  running.iot.send(new RegisterCACertificateCommand({ caCertificate, certificateMode: 'SNI_ONLY', setAsActive: true }));

/** A certificate as automatic registration leaves it. */
const aPendingCertificate = (pem = leafPem, createdAt = 1): string => {
  const id = idOf(pem);
  const caId = idOf(authority.pem);
  const status = 'PENDING_ACTIVATION';
  const policies = new Set<string>();
  state.certificates.set(id, {
    id,
    pem,
    caId,
    status,
    createdAt,
    lastModifiedAt: createdAt,
    policies,
    things: new Map(),
  });
  return id;
};

beforeAll(async () => {
  running = await startControlPlane({
    state,
    onCertificateChanged: ({ status }, previous) => changes.push(`${previous} → ${status}`),
    onChange: () => void saved.push(state.cas.size),
  });
});

beforeEach(() => {
  for (const map of [state.cas, state.certificates]) map.clear();
  changes.length = 0;
  saved.length = 0;
});

afterAll(() => running.stop());

describe('RegisterCACertificate', () => {
  it('A17: registers a CA without proof in SNI_ONLY mode, under the SHA-256 of its DER', async () => {
    const { certificateId, certificateArn } = await register(authority.pem);

    expect(certificateId).toBe(idOf(authority.pem));
    expect(certificateArn).toBe(`arn:aws:iot:${REGION}:${ACCOUNT}:cacert/${certificateId}`);
    const { certificateDescription } = await running.iot.send(new DescribeCACertificateCommand({ certificateId }));
    expect(certificateDescription).toMatchObject({
      status: 'ACTIVE',
      autoRegistrationStatus: 'DISABLE',
      certificateMode: 'SNI_ONLY',
      certificatePem: authority.pem,
      creationDate: new Date(Date.UTC(2026, 0, 31, 12)),
      validity: { notBefore: new X509Certificate(authority.pem).validFromDate },
    });
    expect(saved).toEqual([1]);
  });

  it('leaves a CA inactive unless asked otherwise', async () => {
    const { certificateId } = await running.iot.send(
      new RegisterCACertificateCommand({
        caCertificate: authority.pem,
        certificateMode: 'SNI_ONLY',
        allowAutoRegistration: true,
      }),
    );

    expect(state.cas.get(certificateId ?? '')).toMatchObject({ status: 'INACTIVE', autoRegistration: 'ENABLE' });
  });

  it('A17: demands a proof of possession in DEFAULT mode, and checks code and signature', async () => {
    const { registrationCode: code = '' } = await running.iot.send(new GetRegistrationCodeCommand({}));
    const other = aCa('Other CA');
    const impostor = aCa('Maker CA');
    const registerWith = (verificationCertificate?: string) =>
      running.iot.send(
        new RegisterCACertificateCommand({
          caCertificate: authority.pem,
          ...(verificationCertificate === undefined ? {} : { verificationCertificate }),
        }),
      );

    await expect(registerWith()).rejects.toMatchObject({ name: 'InvalidRequestException' });
    await expect(registerWith(aLeaf(code, other))).rejects.toMatchObject({
      name: 'CertificateValidationException',
    });
    await expect(registerWith(aLeaf(code, impostor))).rejects.toMatchObject({ name: 'CertificateValidationException' });
    await expect(registerWith(aLeaf('wrong'))).rejects.toMatchObject({
      name: 'RegistrationCodeValidationException',
    });
    expect(state.cas.size).toBe(0);
    await registerWith(aLeaf(code));
    expect([...state.cas.values()][0]?.mode).toBe('DEFAULT');
  });

  it('refuses a proof in SNI_ONLY mode, a leaf, a text that is no certificate, and a second registration', async () => {
    const refused = async (caCertificate: string, verificationCertificate: string | undefined, name: string) =>
      expect(
        running.iot.send(
          new RegisterCACertificateCommand({ caCertificate, certificateMode: 'SNI_ONLY', verificationCertificate }),
        ),
      ).rejects.toMatchObject({ name });

    await refused(authority.pem, leafPem, 'InvalidRequestException');
    await refused(leafPem, undefined, 'CertificateValidationException');
    await refused('not a certificate', undefined, 'CertificateValidationException');
    await refused(`${authority.pem}\n${authority.pem}`, undefined, 'CertificateValidationException');
    expect(state.cas.size).toBe(0);
    await register(authority.pem);
    await expect(register(authority.pem)).rejects.toMatchObject({
      name: 'ResourceAlreadyExistsException',
      resourceId: idOf(authority.pem),
      $metadata: { httpStatusCode: 409 },
    });
  });

  it('A18: refuses a CA that signs with SHA-1', async () => {
    await expect(register(makeTenantCa({ digest: 'sha1' }).pem)).rejects.toMatchObject({
      name: 'CertificateValidationException',
      message: expect.stringContaining('is not supported'),
    });
    await register(makeTenantCa({ key: 'rsa-2048', digest: 'pss' }).pem);
  });

  it('refuses a key on a curve that IoT Core does not take, as CA and as proof', async () => {
    const { registrationCode: code = '' } = await running.iot.send(new GetRegistrationCodeCommand({}));
    const verificationCertificate = issueDevice(authority, { cn: code, key: 'secp256k1' }).pem;
    const message = expect.stringContaining('is not RSA or EC on P-256');

    await expect(register(makeTenantCa({ key: 'secp256k1' }).pem)).rejects.toMatchObject({ message });
    await expect(
      running.iot.send(new RegisterCACertificateCommand({ caCertificate: authority.pem, verificationCertificate })),
    ).rejects.toMatchObject({ message });
    expect(state.cas.size).toBe(0);
  });

  it('bears the tags that it is given, and no others', async () => {
    const tags = [
      { Key: 'vestibule:tenant', Value: 'acme' },
      { Key: 'note', Value: '' },
    ];
    const tagged = await running.iot.send(
      new RegisterCACertificateCommand({ caCertificate: authority.pem, certificateMode: 'SNI_ONLY', tags }),
    );
    const bare = await register(aCa('Bare').pem);
    const tagsOf = async (resourceArn: string | undefined) =>
      (await running.iot.send(new ListTagsForResourceCommand({ resourceArn }))).tags;

    expect(await tagsOf(tagged.certificateArn)).toEqual(tags);
    expect(await tagsOf(bare.certificateArn)).toEqual([]);
    const gone = bare.certificateArn?.replace(/.{4}$/, '0000');
    await expect(tagsOf(gone)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(tagsOf(gone?.replace('cacert', 'cert'))).rejects.toMatchObject({ name: 'InvalidRequestException' });
  });

  it.each([
    { Key: '', Value: 'x' },
    { Key: 'k'.repeat(129) },
    { Key: 'semi;colon', Value: 'x' },
    { Key: 'k', Value: 'v'.repeat(257) },
  ])('refuses a tag that AWS would refuse: %o', async (tag) => {
    await expect(
      running.iot.send(
        new RegisterCACertificateCommand({ caCertificate: authority.pem, certificateMode: 'SNI_ONLY', tags: [tag] }),
      ),
    ).rejects.toMatchObject({ name: 'InvalidRequestException' });
    expect(state.cas.size).toBe(0);
  });

  it('A17: takes at most ten CA certificates of one subject', async () => {
    for (let count = 0; count < 10; count += 1) await register(aCa('Same').pem);

    await expect(register(aCa('Same').pem)).rejects.toMatchObject({
      name: 'LimitExceededException',
    });
    await register(aCa('Another').pem);
  });
});

describe('UpdateCACertificate', () => {
  it('changes status and automatic registration, each on its own', async () => {
    const { certificateId } = await register(authority.pem);

    await running.iot.send(new UpdateCACertificateCommand({ certificateId, newAutoRegistrationStatus: 'ENABLE' }));
    expect(state.cas.get(certificateId ?? '')).toMatchObject({ status: 'ACTIVE', autoRegistration: 'ENABLE' });
    await running.iot.send(new UpdateCACertificateCommand({ certificateId, newStatus: 'INACTIVE' }));
    expect(state.cas.get(certificateId ?? '')).toMatchObject({ status: 'INACTIVE', autoRegistration: 'ENABLE' });
  });

  it('V-01: changes both in one call', async () => {
    const { certificateId } = await register(authority.pem);
    const set = (newStatus: 'ACTIVE' | 'INACTIVE', newAutoRegistrationStatus: 'ENABLE' | 'DISABLE') =>
      running.iot.send(new UpdateCACertificateCommand({ certificateId, newStatus, newAutoRegistrationStatus }));

    await set('ACTIVE', 'ENABLE');
    expect(state.cas.get(certificateId ?? '')).toMatchObject({ status: 'ACTIVE', autoRegistration: 'ENABLE' });
    await set('INACTIVE', 'DISABLE');
    expect(state.cas.get(certificateId ?? '')).toMatchObject({ status: 'INACTIVE', autoRegistration: 'DISABLE' });
  });

  it('A7: leaves the certificates that the CA signed as they are', async () => {
    const { certificateId } = await register(authority.pem);
    const leaf = aPendingCertificate();
    await running.iot.send(new UpdateCertificateCommand({ certificateId: leaf, newStatus: 'ACTIVE' }));

    await running.iot.send(new UpdateCACertificateCommand({ certificateId, newStatus: 'INACTIVE' }));

    expect(state.certificates.get(leaf)?.status).toBe('ACTIVE');
  });

  it('answers 404 for a CA that is not registered', async () => {
    await expect(
      running.iot.send(new UpdateCACertificateCommand({ certificateId: 'a'.repeat(64), newStatus: 'INACTIVE' })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException', $metadata: { httpStatusCode: 404 } });
  });
});

describe('DeleteCACertificate', () => {
  const remove = (certificateId: string | undefined) =>
    running.iot.send(new DeleteCACertificateCommand({ certificateId }));

  it('CA-06: refuses a CA that is ACTIVE', async () => {
    const { certificateId = '' } = await register(authority.pem);

    await expect(remove(certificateId)).rejects.toMatchObject({
      name: 'CertificateStateException',
      $metadata: { httpStatusCode: 406 },
    });
    expect(state.cas.has(certificateId)).toBe(true);
  });

  it('CA-06: leaves the certificates that the CA signed, which are listed under it no longer', async () => {
    const { certificateId: caCertificateId = '' } = await register(authority.pem);
    const leaf = aPendingCertificate();
    await running.iot.send(new UpdateCACertificateCommand({ certificateId: caCertificateId, newStatus: 'INACTIVE' }));

    await remove(caCertificateId);

    expect(state.certificates.get(leaf)?.status).toBe('PENDING_ACTIVATION');
    await expect(running.iot.send(new ListCertificatesByCACommand({ caCertificateId }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    await expect(remove(caCertificateId)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    const { certificateDescription } = await running.iot.send(new DescribeCertificateCommand({ certificateId: leaf }));
    expect(certificateDescription?.caCertificateId).toBe(caCertificateId);
  });

  it('lets the CA be registered anew, as it was never there', async () => {
    const { certificateId } = await register(authority.pem);
    await running.iot.send(new UpdateCACertificateCommand({ certificateId, newStatus: 'INACTIVE' }));
    await remove(certificateId);

    await register(authority.pem);

    expect(state.cas.get(certificateId ?? '')).toMatchObject({ status: 'ACTIVE', autoRegistration: 'DISABLE' });
  });
});

describe('DescribeCertificate', () => {
  it('gives the PEM, the issuing CA, the status and the validity', async () => {
    await register(authority.pem);
    const certificateId = aPendingCertificate();

    const { certificateDescription } = await running.iot.send(new DescribeCertificateCommand({ certificateId }));

    expect(certificateDescription).toMatchObject({
      certificateId,
      certificateArn: `arn:aws:iot:${REGION}:${ACCOUNT}:cert/${certificateId}`,
      caCertificateId: idOf(authority.pem),
      status: 'PENDING_ACTIVATION',
      certificatePem: leafPem,
      ownedBy: ACCOUNT,
      certificateMode: 'SNI_ONLY',
      validity: { notAfter: new X509Certificate(leafPem).validToDate },
    });
  });

  it('refuses an id that is not 64 hex digits in the words of AWS', async () => {
    await expect(
      running.iot.send(new DescribeCertificateCommand({ certificateId: 'z'.repeat(64) })),
    ).rejects.toMatchObject({
      name: 'InvalidRequestException',
      message: expect.stringContaining(`at 'certificateId' failed to satisfy constraint`),
      $metadata: { httpStatusCode: 400 },
    });
  });
});

describe('UpdateCertificate', () => {
  const update = (certificateId: string, newStatus: 'ACTIVE' | 'INACTIVE' | 'REVOKED' | 'PENDING_ACTIVATION') =>
    running.iot.send(new UpdateCertificateCommand({ certificateId, newStatus }));

  it('A8: is repeatable, and tells of a change once', async () => {
    const id = aPendingCertificate();

    await update(id, 'ACTIVE');
    await update(id, 'ACTIVE');
    await update(id, 'INACTIVE');

    expect(changes).toEqual(['PENDING_ACTIVATION → ACTIVE', 'ACTIVE → INACTIVE']);
  });

  it('A8: never sets a certificate back to PENDING_ACTIVATION, nor revives a revoked one', async () => {
    const id = aPendingCertificate();
    await update(id, 'INACTIVE');

    await expect(update(id, 'PENDING_ACTIVATION')).rejects.toMatchObject({
      name: 'CertificateStateException',
      $metadata: { httpStatusCode: 406 },
    });
    await update(id, 'REVOKED');
    await expect(update(id, 'ACTIVE')).rejects.toMatchObject({ name: 'CertificateStateException' });
    expect(state.certificates.get(id)?.status).toBe('REVOKED');
  });

  it('answers 404 for a certificate that is not registered, and 400 for a status that does not exist', async () => {
    await expect(update('0'.repeat(64), 'ACTIVE')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    const response = await fetch(`${running.url}/certificates/${aPendingCertificate()}?newStatus=GONE`, {
      method: 'PUT',
    });
    expect(response.status).toBe(400);
    expect(response.headers.get('x-amzn-errortype')).toBe('InvalidRequestException');
  });
});

describe('lists of certificates', () => {
  it.each([true, false])(
    'V-02: of a CA come 250 to a page at most, each certificate once, oldest first: %s',
    async (ascendingOrder) => {
      const caCertificateId = idOf(authority.pem);
      await register(authority.pem);
      const ids = Array.from({ length: 600 }, (_, at) => (at + 1).toString(16).padStart(64, '0'));
      for (const [at, id] of ids.entries())
        state.certificates.set(id, {
          id,
          pem: leafPem,
          caId: caCertificateId,
          status: 'ACTIVE',
          // several of one moment
          createdAt: Math.floor(at / 7),
          lastModifiedAt: 0,
          policies: new Set(),
          things: new Map(),
        });
      const list = (marker: string | undefined, pageSize = 250) =>
        running.iot.send(new ListCertificatesByCACommand({ caCertificateId, pageSize, marker, ascendingOrder }));

      const listed: (string | undefined)[] = [];
      const sizes: number[] = [];
      let marker: string | undefined;
      do {
        const page = await list(marker);
        listed.push(...(page.certificates ?? []).map(({ certificateId }) => certificateId));
        sizes.push(page.certificates?.length ?? 0);
        // what comes meanwhile stands at the young end, and shifts nothing
        if (sizes.length === 1 && !ascendingOrder) aPendingCertificate(leafPem, 1_000);
        marker = page.nextMarker;
      } while (marker !== undefined);

      expect(sizes).toEqual([250, 250, 100]);
      expect(listed).toEqual(ascendingOrder ? ids : ids.toReversed());
      await expect(list(undefined, 251)).rejects.toMatchObject({ name: 'InvalidRequestException' });
    },
  );

  it('are paged in order of creation, and a CA lists its own only', async () => {
    await register(authority.pem);
    const pems = ['a', 'b', 'c'].map((cn) => aLeaf(cn));
    const ids = pems.map((pem, index) => aPendingCertificate(pem, index));

    const first = await running.iot.send(new ListCertificatesCommand({ pageSize: 2, ascendingOrder: true }));
    const second = await running.iot.send(
      new ListCertificatesCommand({ pageSize: 2, ascendingOrder: true, marker: first.nextMarker }),
    );
    const ofCa = await running.iot.send(new ListCertificatesByCACommand({ caCertificateId: idOf(authority.pem) }));

    expect([first, second].map(({ certificates }) => certificates?.map((listed) => listed.certificateId))).toEqual([
      ids.slice(0, 2),
      ids.slice(2),
    ]);
    expect(second.nextMarker).toBeUndefined();
    expect(ofCa.certificates?.map(({ certificateId }) => certificateId)).toEqual(ids.toReversed());
    const { certificates: cas } = await running.iot.send(new ListCACertificatesCommand({}));
    expect(cas?.map(({ certificateId }) => certificateId)).toEqual([idOf(authority.pem)]);
  });
});
