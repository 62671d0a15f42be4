// A device whose CA is in AWS Private CA: its request is inspected and signed, it comes in, is renewed, and is revoked.

import { X509Certificate } from 'node:crypto';
import type { DeviceFiles } from './factory.ts';
import { fingerprintOf, makeSigningRequest } from './factory.ts';
import { connectOnce, type Session } from './mqtt-device.ts';
import type { ReadList } from './private-ca-list.ts';
import { expect } from './report.ts';
import {
  type Announcement,
  deviceInState,
  ended,
  eventually,
  findDevice,
  firstConnect,
  letIn,
  openStage,
  POLL_MS,
  RETRY_MS,
  refused,
  type Scene,
  type Stage,
} from './stage.ts';

export const TENANT = 'plant-9';
const NAME = 'press-1';
const CLIENT_ID = `${TENANT}_${NAME}`;
const SUBJECT = `C=DE, O=Plant 9, OU=IT, CN=${NAME}`;

type Run = Scene & { readonly privateCaArn: string; readonly revokedSerials: ReadList };

const introduce = async ({ api, privateCaArn }: Run): Promise<string> => {
  await api('createTenant', { body: { tenant: TENANT, naming: 'eu1' } });
  const { subject, proof } = await api('registerAnchor', { params: { tenant: TENANT }, body: { privateCaArn } });
  expect(proof === 'ACM_PCA', `the proof ACM_PCA, got ${proof}`);
  return subject;
};

/** The key stays with the device; the request goes to the API. */
const issue = async ({ api }: Run): Promise<DeviceFiles> => {
  const { key, csr } = await makeSigningRequest(SUBJECT);
  const { chain, clientId } = await api('issueCertificate', { params: { tenant: TENANT }, body: { csr } });
  expect(clientId === CLIENT_ID, `a certificate for ${CLIENT_ID}, got ${clientId}`);
  return { key, chain, fingerprint: fingerprintOf(chain) };
};

const wrongRequest = async ({ api }: Run): Promise<string> => {
  const { csr } = await makeSigningRequest('C=DE, O=Plant 9, CN=press 1.local');
  const code = await api('issueCertificate', { params: { tenant: TENANT }, body: { csr } }).then(
    () => 'a certificate',
    (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
  );
  expect(code === 'CN_CHARSET', `the refusal CN_CHARSET, got ${code}`);
  return 'CN_CHARSET: nothing is signed';
};

const told = ({ fingerprint }: DeviceFiles): string => `certificate ${fingerprint.slice(0, 16)}…`;

const onboard = async (stage: Stage): Promise<string> => {
  await firstConnect(stage, CLIENT_ID);
  await letIn(stage, CLIENT_ID);
  const { thingName } = await deviceInState(stage, 'ACTIVE');
  return `ACTIVE: thing ${thingName}`;
};

const stateOf = async (stage: Stage, { fingerprint }: DeviceFiles): Promise<string | null> => {
  const found = await findDevice(stage, fingerprint);
  return found?.certificates.find((certificate) => certificate.fingerprint === fingerprint)?.state ?? null;
};

const certificateIn = (stage: Stage, files: DeviceFiles, state: string) =>
  eventually(POLL_MS, `state ${state} of the certificate`, async () =>
    (await stateOf(stage, files)) === state ? true : null,
  );

const renew = async (stage: Stage, renewed: DeviceFiles): Promise<string> => {
  const old = stage.device;
  refused(await stage.connect(CLIENT_ID, renewed), CLIENT_ID);
  await eventually(RETRY_MS, `a session of ${CLIENT_ID} with its new certificate`, async () => {
    const { session } = await stage.connect(CLIENT_ID, renewed);
    return session;
  });
  await certificateIn(stage, old, 'RETIRED');
  refused(await connectOnce(stage.broker, old, CLIENT_ID, 5), CLIENT_ID);
  return 'the new one is in, the old one RETIRED and refused';
};

/** Until the CA's own list, which it publishes when it revokes, has the serial number of a device's certificate. */
const listed = ({ chain }: DeviceFiles, revokedSerials: ReadList) => {
  const [, ca = ''] = chain.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const serialNumber = new X509Certificate(chain).serialNumber.toLowerCase().replace(/^0+(?=.)/, '');
  return eventually(RETRY_MS, `${serialNumber} on the revocation list of its CA`, async () =>
    (await revokedSerials(ca))?.includes(serialNumber) ? true : null,
  );
};

const revoke = async (stage: Stage, files: DeviceFiles, revokedSerials: ReadList): Promise<string> => {
  const session: Session = stage.live();
  await stage.api('revokeTenantDevice', { params: { tenant: TENANT, device: CLIENT_ID } });
  expect(await ended(session), 'the session to end');
  await certificateIn(stage, files, 'REVOKED');
  refused(await stage.connect(CLIENT_ID, files), CLIENT_ID);
  await eventually(
    POLL_MS,
    'device.revoked on the event bus',
    async () => stage.announced().find((event: Announcement) => event['detail-type'] === 'device.revoked') ?? null,
  );
  await listed(files, revokedSerials);
  return 'REVOKED for good; the session ended, and its CA lists it';
};

/** @throws what the first failed step threw; the report has it already */
export const playIssuing = async (run: Run): Promise<void> => {
  const { report } = run;
  report.heading(TENANT, `eu1, CA in AWS Private CA → ${CLIENT_ID} · MQTT 5`);
  await report.step('  tenant created, private CA registered', () => introduce(run));
  await report.step('1 a bad request is not signed', () => wrongRequest(run));
  const device = await report.step('2 a good one is', () => issue(run), told);
  const stage = openStage(run, device, 5);
  try {
    await report.step('3 first connect, then in', () => onboard(stage));
    const renewed = await report.step('4 another certificate, with a new key', () => issue(run), told);
    await report.step('5 it comes in, the old one is out', () => renew(stage, renewed));
    await report.step('6 revoked for good', () => revoke(stage, renewed, run.revokedSerials));
  } finally {
    await stage.clear();
  }
};
