// What `vestibule check` says of a certificate is what becomes of the device that comes with it over TLS and MQTT.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REASONS, type ReasonCode } from '#domain/reasons.ts';
import {
  type Attribute,
  basicConstraints,
  extendedKeyUsage,
  issueDevice,
  keyUsage,
  makeTenantCa,
  type Subject,
  type TestCa,
} from '#support/certificates.ts';
import { runCommandLine } from '#support/command-line.ts';
import { startTestSystem, type TestSystem } from '#support/local-system.ts';
import { refusedConnect } from '#support/mqtt-device.ts';

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

type Tenant = 'acme' | 'globex' | 'fleet' | 'long' | 'careful' | 'listed';
type Settings = { readonly naming: string; readonly admission?: 'auto' | 'approve'; readonly allowCn?: string[] };
const TENANTS: Readonly<Record<Tenant, Settings>> = {
  acme: { naming: 'eu1' },
  globex: { naming: 'eu2' },
  fleet: { naming: '{tenant}-{ou}-{cn}' },
  long: { naming: `{tenant}-${'x'.repeat(80)}-{cn}` },
  careful: { naming: 'private-cloud', admission: 'approve' },
  listed: { naming: 'connectware', allowCn: ['wanted'] },
};
const CAS: Readonly<Record<Tenant, TestCa>> = {
  acme: makeTenantCa(),
  globex: makeTenantCa(),
  fleet: makeTenantCa(),
  // there are digests that ECDSA has no name for
  long: makeTenantCa({ key: 'rsa-2048' }),
  careful: makeTenantCa(),
  listed: makeTenantCa(),
};

type Certificate = Parameters<typeof issueDevice>[1];
const named = (...subject: Subject): Certificate => ({ subject });
type Row = readonly [what: string, tenant: Tenant, certificate: Certificate, reason: ReasonCode | null];

const GOOD: readonly Row[] = [
  ['X-05: X.509 v1, as openssl makes it', 'acme', { cn: 'device01' }, null],
  ['an RSA key', 'acme', { cn: 'rsa', key: 'rsa-2048' }, null],
  ['a key on P-521', 'acme', { cn: 'p521', key: 'p521', digest: 'sha512' }, null],
  [
    'X-05: X.509 v3 for clients',
    'acme',
    { cn: 'v3', extensions: [basicConstraints(false), keyUsage(0), extendedKeyUsage(CLIENT_AUTH)] },
    null,
  ],
  ['N-07: a CN of 64 characters', 'acme', { cn: 'x'.repeat(64) }, null],
  ['a CN as BMPString', 'acme', named(['CN', 'bmp', 'bmp']), null],
  ['a CN as UniversalString', 'acme', named(['CN', 'universal', 'universal']), null],
  ['X-08: another CN inside the O', 'acme', named(['O', 'Smart Factory, Inc. CN=evil'], ['CN', 'honest']), null],
  ["N-02: a CN with its tenant's name", 'globex', { cn: 'globex_pump1' }, null],
  ['the fields of a template', 'fleet', { cn: 'truck1' }, null],
  ['a CN on the list', 'listed', { cn: 'wanted' }, null],
];

const AWKWARD_NAMES = ['a b', ...'a\0b a,b # + * \u0024{iot:ClientId} a.b a/b ä a\nb a\u202eb'.split(' ')];
const TWO_NAMES: readonly Attribute[] = [
  ['CN', 'a'],
  ['CN', 'b'],
];
const BAD: readonly Row[] = [
  ...AWKWARD_NAMES.map((cn): Row => [`the CN ${JSON.stringify(cn)}`, 'acme', { cn }, 'CN_CHARSET']),
  ['two CNs', 'acme', named(...TWO_NAMES), 'CN_MULTIPLE'],
  ['two CNs in one RDN', 'acme', named({ rdn: TWO_NAMES }), 'CN_MULTIPLE'],
  ['no subject', 'acme', named(), 'CN_MISSING'],
  ['an empty CN', 'acme', { cn: '' }, 'CN_MISSING'],
  ['a CN of 65 characters', 'acme', { cn: 'x'.repeat(65) }, 'CN_TOO_LONG'],
  ['a CN of 5,000 characters', 'acme', { cn: 'x'.repeat(5_000) }, 'CN_TOO_LONG'],
  ['a CN that is no text', 'acme', named(['CN', Buffer.from([0, 97]), 'bits']), 'CERT_UNREADABLE'],
  ['X-06: RSA with 1,024 bits', 'acme', { cn: 'small', key: 'rsa-1024' }, 'KEY_TOO_SMALL'],
  ['X-06: an Ed25519 key', 'acme', { cn: 'ed25519', key: 'ed25519' }, 'KEY_TYPE'],
  ['X-06: signed with SHA-1', 'acme', { cn: 'sha1', digest: 'sha1' }, 'SIG_ALG_WEAK'],
  ['X-06: signed with SHA-224', 'long', { cn: 'sha224', digest: 'sha224' }, 'SIG_ALG_UNSUPPORTED'],
  ['X-04: expired', 'acme', { cn: 'old', validTo: new Date('2021-01-01') }, 'CERT_EXPIRED'],
  ['X-04: not yet valid', 'acme', { cn: 'new', validFrom: new Date('2040-01-01') }, 'CERT_NOT_YET_VALID'],
  ['X-05: a CA', 'acme', { cn: 'ca', extensions: [basicConstraints(true)] }, 'CERT_IS_CA'],
  ['X-05: no digitalSignature', 'acme', { cn: 'usage', extensions: [keyUsage(2)] }, 'KEY_USAGE'],
  ['X-05: for servers only', 'acme', { cn: 'server', extensions: [extendedKeyUsage(SERVER_AUTH)] }, 'EKU'],
  ["N-02: a CN without its tenant's name", 'globex', { cn: 'pump1' }, 'CN_TENANT_PREFIX'],
  ["N-02: a CN with another tenant's name", 'globex', { cn: 'acme_pump1' }, 'CN_TENANT_PREFIX'],
  ['no OU where the template has one', 'fleet', named(['CN', 'truck2']), 'FIELD_MISSING'],
  ['two OUs where the template has one', 'fleet', named(['OU', 'a'], ['OU', 'b'], ['CN', 'truck3']), 'FIELD_MULTIPLE'],
  ['an OU that no client id can have', 'fleet', named(['OU', 'a b'], ['CN', 'truck4']), 'FIELD_CHARSET'],
  ['a client id of 129 characters', 'long', { cn: 'x'.repeat(43) }, 'CLIENT_ID_TOO_LONG'],
];

const WAITING: readonly Row[] = [
  ['a tenant that approves its devices', 'careful', { cn: 'pump1' }, 'APPROVAL_REQUIRED'],
  ['a CN that is not on the list', 'listed', { cn: 'unwanted' }, 'NOT_ALLOWED'],
];

/** No certificate alone has these, or none that a device could come with. */
const ELSEWHERE = {
  'no device comes with another CA than a registered one': ['CA_UNKNOWN'],
  'no such CA is registered': [
    'CA_EXPIRED',
    'CA_NOT_YET_VALID',
    'NOT_A_CA',
    'CA_SUBJECT_EMPTY',
    'CA_KEY_USAGE',
    'CA_SUBJECT_KEY_ID',
    'CA_VALIDITY_TOO_LONG',
    'CA_PARENT_UNKNOWN',
  ],
  'only a file has a chain': ['CHAIN_ORDER', 'CHAIN_BROKEN'],
  'only the registry knows': [
    'CA_REVOKED',
    'CERT_BLOCKED',
    'CERT_REVOKED',
    'CLIENT_ID_CONFLICT',
    'CLIENT_ID_FOREIGN_PREFIX',
    'CLIENT_ID_MISMATCH',
    'DEVICE_BARRED',
    'GRANT_MISSING',
    'GRANT_REMOVED',
    'OPERATOR_REJECTED',
    'RENEWAL_APPROVAL',
    'THING_EXISTS',
    'USER_NOT_FOUND',
  ],
} as const satisfies Record<string, readonly ReasonCode[]>;

const STATES = { accept: 'ACTIVE', hold: 'HELD', reject: 'REJECTED' } as const;

let folder: string;
let system: TestSystem;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vestibule-verdicts-'));
  system = await startTestSystem();
  const call = system.api.call;
  for (const [tenant, ca] of Object.entries(CAS) as [Tenant, TestCa][]) {
    await call('createTenant', {
      body: { tenant, admission: 'auto', allowCn: null, userMatch: 'off', topics: null, ...TENANTS[tenant] },
    });
    await call('registerAnchor', { params: { tenant }, body: { certificate: ca.pem } });
  }
});
afterAll(async () => {
  await system.stop();
  await rm(folder, { recursive: true, force: true });
});

const check = async (chainPem: string, tenant: Tenant) => {
  const { naming, admission = 'auto', allowCn } = TENANTS[tenant];
  const [chain, list] = [join(folder, 'chain.pem'), join(folder, 'list.txt')];
  await writeFile(chain, chainPem);
  if (allowCn) await writeFile(list, allowCn.join('\n'));
  const listed = allowCn ? ['--allow-cn', list] : [];
  const args = ['check', chain, '--tenant', tenant, '--naming', naming, '--admission', admission, ...listed, '--json'];
  const { exitCode, stdout } = await runCommandLine(args);
  const answer: { verdict: keyof typeof STATES; reason: string | null; seen: string | null; clientId: string | null } =
    JSON.parse(stdout);
  expect(exitCode).toBe(answer.verdict === 'accept' ? 0 : 1);
  return answer;
};

describe('F-04 X-08: check and the embedded system say the same of', () => {
  it.each([...GOOD, ...BAD, ...WAITING])('%s', async (_, tenant, certificate, reason) => {
    const device = issueDevice(CAS[tenant], certificate);

    const checked = await check(device.chainPem, tenant);
    expect(checked.reason).toBe(reason);

    // a device's own TLS may be laxer than that of OpenSSL's defaults
    const lax = { more: { ciphers: 'DEFAULT@SECLEVEL=0' } };
    expect(await refusedConnect(system.connection(device, 'any', lax))).toEqual({ connack: null });
    await expect
      .poll(() => system.view(device.id), { timeout: 5_000 })
      .toMatchObject({
        state: STATES[checked.verdict],
        reason: checked.reason,
        seen: checked.seen,
        clientId: checked.clientId,
      });
    const accepted = checked.verdict === 'accept';
    await expect
      .poll(() => system.iot.certificates.get(device.id)?.status)
      .toBe({ accept: 'ACTIVE', hold: 'PENDING_ACTIVATION', reject: 'INACTIVE' }[checked.verdict]);
    expect([...(system.iot.certificates.get(device.id)?.things.keys() ?? [])]).toEqual(
      accepted ? [checked.clientId] : [],
    );
    expect(system.iot.things.has(checked.clientId ?? '')).toBe(accepted);
  });

  it('every reason that a certificate alone can have', () => {
    const here = [...BAD, ...WAITING].map(([, , , reason]) => reason);
    expect(new Set([...here, ...Object.values(ELSEWHERE).flat()])).toEqual(new Set(Object.keys(REASONS)));
  });

  it('and after all of them no function has failed, and a good device still comes in', async () => {
    expect(system.functions().flatMap(({ failures }) => failures)).toEqual([]);
    expect(system.iot.things.size).toBe(GOOD.length);
    const device = issueDevice(CAS.acme, { cn: 'last' });
    await system.firstConnect(device, 'acme_last');
    const connected = await system.connect(device, 'acme_last');
    await connected.leave();
  });
});
