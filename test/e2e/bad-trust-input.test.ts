// Bad input about trust, through the API: each kind has its code, nothing of it is kept or logged, and nothing is changed.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LogLine } from '#local/system-log.ts';
import { OUTPUT, STACK } from '#names/outputs.ts';
import { makeRequest, requestPem } from '#support/certificate-requests.ts';
import { basicConstraints, issueDevice, makeTenantCa, type TestCa } from '#support/certificates.ts';
import { everythingIn } from '#support/everything.ts';
import { createForwardClock, DAY, MINUTE } from '#support/forward-clock.ts';
import { startTestSystem, type TestSystem } from '#support/local-system.ts';
import { signedOver } from '#support/possession.ts';
import { type ListOptions, listPem, makeRevocationList } from '#support/revocation-lists.ts';
import { type Onboarded, type TrustStory, trustStory } from '#support/trust-story.ts';

const clock = createForwardClock();
let system: TestSystem;
let story: TrustStory;

const OWNED = makeTenantCa({ subject: [['CN', 'owned']] });
const PENDING = makeTenantCa({ subject: [['CN', 'pending']] });
const THIRD = makeTenantCa({ subject: [['CN', 'third']] });
/** what was logged since the last step began */
const lines: string[] = [];
let code: string;
let device: Onboarded;

/** `acme` has one CA and an upload, of two; `globex` a private CA; `strict` strict rules; `roomy` nothing. */
beforeAll(async () => {
  const log = ({ text }: LogLine) => void lines.push(text);
  system = await startTestSystem({ clock: clock.now, context: { privateCa: 'create' }, log });
  story = trustStory(system, clock);
  const { call } = system.api;
  for (const tenant of ['acme', 'globex', 'strict', 'roomy'])
    await call('createTenant', { body: { tenant, naming: 'eu1', admission: 'auto' } });
  await call('setTenant', { params: { tenant: 'strict' }, body: { anchorRules: 'strict' } });
  await story.prove('acme', OWNED);
  code = (await story.upload('acme', PENDING)).challenge?.code ?? '';
  const privateCaArn = system.outputs.get(STACK.registry)?.get(OUTPUT.privateCaArn) ?? '';
  await call('registerAnchor', { params: { tenant: 'globex' }, body: { privateCaArn } });
  device = await story.onboarded('acme', OWNED, 'device01');
  await device.session.leave();
  await importList(await listOf({ number: 5 }));
});
afterAll(() => system.stop());

const upload = (tenant: string, certificate: string) =>
  system.api.call('uploadAnchor', { params: { tenant }, body: { certificate } });
const uploadOf = (options: Parameters<typeof makeTenantCa>[0], tenant = 'roomy') =>
  upload(tenant, makeTenantCa(options).pem);
const verify = (verificationCertificate: string, { id }: TestCa = PENDING, tenant = 'acme') =>
  system.api.call('verifyAnchor', { params: { tenant, anchor: id }, body: { verificationCertificate } });
const listOf = async (options: ListOptions, ca = OWNED) =>
  listPem(await makeRevocationList(ca, { thisUpdate: new Date(clock.now() - MINUTE), serials: ['1f'], ...options }));
const importList = (crl: string) =>
  system.api.call('importCrl', { params: { tenant: 'acme', anchor: OWNED.id }, body: { crl } });
const issue = (csr: string, more: object = {}, tenant = 'globex') =>
  system.api.call('issueCertificate', { params: { tenant }, body: { csr, ...more } });
const issueFor = async (subject: string, ...key: [] | [Parameters<typeof makeRequest>[1]]) =>
  issue((await makeRequest(subject, ...key)).pem);
const act = (operation: 'revokeAnchor' | 'restoreAnchor' | 'deleteAnchor', { id }: TestCa, tenant = 'acme') =>
  system.api.call(operation, { params: { tenant, anchor: id } });
const steer = (verb: 'suspend' | 'resume' | 'unblock', name: string) =>
  system.api.call(`${verb}TenantDevice`, { params: { tenant: 'acme', device: name } });

const derOf = (pem: string): Buffer => Buffer.from(pem.replace(/-----.*-----|\n/g, ''), 'base64');
/** The subject is another by one letter, and the signature is as it was. */
const tampered = (der: Buffer): string =>
  requestPem(Buffer.from(der.toString('latin1').replace('device01', 'device02'), 'latin1'));

type Row = readonly [what: string, status: number, code: string, send: () => Promise<unknown>];

const UPLOADS: readonly Row[] = [
  ['a private key', 400, 'PRIVATE_KEY_IN_UPLOAD', () => upload('roomy', THIRD.pem + THIRD.keyPem)],
  ['DER', 400, 'NOT_PEM', () => upload('roomy', derOf(THIRD.pem).toString('latin1'))],
  ['garbage', 400, 'NOT_PEM', () => upload('roomy', 'garbage')],
  ['nothing', 400, 'NOT_PEM', () => upload('roomy', '')],
  ['a leaf', 400, 'NOT_A_CA', () => upload('roomy', issueDevice(THIRD, { cn: 'leaf' }).pem)],
  ['a CA:FALSE', 400, 'NOT_A_CA', () => uploadOf({ extensions: [basicConstraints(false)] })],
  ['SHA-1', 400, 'SIG_ALG_WEAK', () => uploadOf({ digest: 'sha1' })],
  ['RSA-1024', 400, 'KEY_TOO_SMALL', () => uploadOf({ key: 'rsa-1024' })],
  ['Ed25519', 400, 'SIG_ALG_UNSUPPORTED', () => uploadOf({ key: 'ed25519' })],
  ['one that expired', 400, 'CA_EXPIRED', () => uploadOf({ validTo: new Date('2021-01-01') })],
  ['one of the future', 400, 'CA_NOT_YET_VALID', () => uploadOf({ validFrom: new Date('2048-01-01') })],
  ['no subject', 400, 'CA_SUBJECT_EMPTY', () => uploadOf({ subject: [] })],
  ['an intermediate by itself', 400, 'CA_PARENT_UNKNOWN', () => uploadOf({ issuer: THIRD, subject: [['CN', 'sub']] })],
  ['no Key Usage under strict rules', 400, 'CA_KEY_USAGE', () => uploadOf({}, 'strict')],
  ['a chain that does not hang together', 400, 'CHAIN_BROKEN', () => upload('roomy', THIRD.pem + OWNED.pem)],
  ['the same CA again', 409, 'CA_EXISTS', () => upload('acme', OWNED.pem)],
  ["another tenant's CA", 409, 'CA_OWNED_BY_OTHER_TENANT', () => upload('roomy', OWNED.pem)],
  ['a third CA', 409, 'CA_LIMIT', () => upload('acme', THIRD.pem)],
  ['an unknown tenant', 404, 'TENANT_UNKNOWN', () => upload('nobody', THIRD.pem)],
];

const proof = (signer: TestCa, over: string, validity = {}) =>
  signedOver(signer, over, {
    validFrom: new Date(clock.now() - MINUTE),
    validTo: new Date(clock.now() + DAY),
    ...validity,
  });
const PROOFS: readonly Row[] = [
  ['another code', 400, 'POP_CODE', () => verify(proof(PENDING, 'another'))],
  ['the code in other letters', 400, 'POP_CODE', () => verify(proof(PENDING, `${code}x`))],
  ["another CA's key", 400, 'POP_SIGNATURE', () => verify(proof(OWNED, code))],
  [
    'a CA of the same name',
    400,
    'POP_SIGNATURE',
    () => verify(proof(makeTenantCa({ subject: [['CN', 'pending']] }), code)),
  ],
  [
    'a certificate that is over',
    400,
    'POP_VALIDITY',
    () => verify(proof(PENDING, code, { validTo: new Date('2021-01-01') })),
  ],
  ['the CA itself', 400, 'POP_CODE', () => verify(PENDING.pem)],
  ['a private key', 400, 'PRIVATE_KEY_IN_UPLOAD', () => verify(PENDING.keyPem)],
  ['garbage', 400, 'NOT_PEM', () => verify('garbage')],
  ['a CA that was never uploaded', 404, 'ANCHOR_UNKNOWN', () => verify(proof(THIRD, code), THIRD)],
  ["another tenant's upload", 404, 'ANCHOR_UNKNOWN', () => verify(proof(PENDING, code), PENDING, 'roomy')],
];

const past = { thisUpdate: new Date('2020-01-01'), nextUpdate: new Date('2020-02-01') };
const LISTS: readonly Row[] = [
  ['another CA', 400, 'CRL_FOREIGN', async () => importList(await listOf({ number: 9 }, THIRD))],
  ["another CA's key", 400, 'CRL_SIGNATURE', async () => importList(await listOf({ number: 9, signer: THIRD }))],
  ['one that is over', 400, 'CRL_EXPIRED', async () => importList(await listOf({ number: 9, ...past }))],
  [
    'the future',
    400,
    'CRL_NOT_YET_VALID',
    async () => importList(await listOf({ thisUpdate: new Date('2048-01-01') })),
  ],
  ['an older one', 409, 'CRL_STALE', async () => importList(await listOf({ number: 4 }))],
  ['a certificate', 400, 'NOT_A_CRL', () => importList(OWNED.pem)],
  ['a private key', 400, 'PRIVATE_KEY_IN_UPLOAD', () => importList(OWNED.keyPem)],
];

const REQUESTS: readonly Row[] = [
  ['a broken signature', 400, 'CSR_SIGNATURE', async () => issue(tampered((await makeRequest('CN=device01')).der))],
  ['two CNs', 400, 'CN_MULTIPLE', () => issueFor('CN=a, CN=b')],
  ['no CN', 400, 'CN_MISSING', () => issueFor('O=Acme')],
  ['a weak key', 400, 'KEY_TOO_SMALL', () => issueFor('CN=a', 'rsa-1024')],
  ['SHA-1', 400, 'SIG_ALG_WEAK', () => issueFor('CN=a', 'rsa-2048-sha1')],
  ["a CN that breaks the tenant's rule", 400, 'CN_CHARSET', () => issueFor('CN=a b')],
  ['another CN than was meant', 400, 'CSR_CN', async () => issue((await makeRequest('CN=a')).pem, { cn: 'b' })],
  ['its private key', 400, 'PRIVATE_KEY_IN_UPLOAD', async () => issue((await makeRequest('CN=a')).keyPem)],
  ['garbage', 400, 'NOT_A_CSR', () => issue('garbage')],
  ['no private CA', 409, 'NO_PRIVATE_CA', async () => issue((await makeRequest('CN=a')).pem, {}, 'acme')],
];

const ACTS: readonly Row[] = [
  ['restoring a CA that is active', 409, 'ANCHOR_STATE', () => act('restoreAnchor', OWNED)],
  ['revoking one that is not proved', 409, 'ANCHOR_STATE', () => act('revokeAnchor', PENDING)],
  ['deleting one that nobody has', 404, 'ANCHOR_UNKNOWN', () => act('deleteAnchor', THIRD)],
  ["revoking another tenant's", 404, 'ANCHOR_UNKNOWN', () => act('revokeAnchor', OWNED, 'roomy')],
  ['resuming a device that is in', 409, 'WRONG_STATE', () => steer('resume', device.clientId)],
  ['suspending one that nobody knows', 404, 'DEVICE_UNKNOWN', () => steer('suspend', 'acme_nobody')],
  ['unblocking what is not blocked', 409, 'WRONG_STATE', () => steer('unblock', 'ab'.repeat(32))],
];

/** Base64 of DER, which begins with a sequence: of a key, a certificate, a list or a request. */
const BODY = /MI[A-Z][\w+/]{20}/;

const refused = async (status: number, expected: string, send: () => Promise<unknown>): Promise<void> => {
  const before = await everythingIn(system);
  lines.length = 0;

  const message = expect.not.stringMatching(BODY);
  await expect(send()).rejects.toMatchObject({ status, code: expected, message });

  expect(await everythingIn(system)).toEqual(before);
  expect(lines.join('\n')).toContain('request refused');
  expect(lines.join('\n')).not.toMatch(BODY);
};

describe('is refused with its code, and changes nothing', () => {
  describe.each([
    ['CA-02, CA-03, CA-05: an upload of', UPLOADS],
    ['CA-04: a proof by', PROOFS],
    ['X-10: a revocation list of', LISTS],
    ['I-02: a request with', REQUESTS],
    ['CA-07, V-04:', ACTS],
  ])('%s', (title, rows) => {
    it.each(rows)(`${title} %s: %i %s`, (_, status, expected, send) => refused(status, expected, send));
  });

  it('CA-04: a proof a day after its challenge was over: 410 POP_EXPIRED', async () => {
    await story.later(8 * DAY);

    await refused(410, 'POP_EXPIRED', () => verify(proof(PENDING, code)));
  });

  it('and after all of it a proof and a list that are right are taken, and the device still comes in', async () => {
    const { challenge } = await system.api.call('challengeAnchor', { params: { tenant: 'acme', anchor: PENDING.id } });
    expect(await verify(proof(PENDING, challenge?.code ?? ''))).toMatchObject({ state: 'ACTIVE' });
    expect(await importList(await listOf({ number: 6 }))).toMatchObject({ number: '6' });
    await (await system.connect(device.device, device.clientId)).leave();
    expect(system.functions().flatMap(({ failures }) => failures)).toEqual([]);
    story.expectValidEvents();
  });
});
