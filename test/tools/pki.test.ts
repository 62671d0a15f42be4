// By openssl: the scripts that are printed run, and what openssl makes and prints is what is read here.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCertificateRequest } from '#adapters/certificate-requests.ts';
import { describeCertificate } from '#adapters/certificate-text.ts';
import { readRevocationList } from '#adapters/revocation-lists.ts';
import { CA_DAYS, DEVICE_DAYS } from '#domain/lifetimes.ts';
import { runCommandLine } from '#support/command-line.ts';

const run = promisify(execFile);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vestibule-pki-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const read = (file: string) => readFile(join(folder, file), 'utf8');
const openssl = async (...args: readonly string[]) => (await run('openssl', args, { cwd: folder })).stdout;

/** Prints the script and runs it, as whoever makes devices does. */
const make = async (naming: string, cn: string, ...flags: readonly string[]) => {
  const printed = await runCommandLine([
    'certificate',
    'script',
    '--tenant',
    'acme',
    '--naming',
    naming,
    '--cn',
    cn,
    ...flags,
  ]);
  expect(printed.exitCode).toBe(0);
  await writeFile(join(folder, 'make.sh'), printed.stdout);
  return run('bash', ['make.sh'], { cwd: folder });
};
const check = async (naming: string, cn: string, ...flags: readonly string[]) => {
  const [chain, key] = [`${cn}_chain.pem`, `${cn}.key`].map((file) => join(folder, file));
  const args = ['check', chain ?? '', '--key', key ?? '', '--tenant', 'acme', '--naming', naming, '--json', ...flags];
  return JSON.parse((await runCommandLine(args)).stdout);
};

describe('a printed script', () => {
  it.each([
    ['eu1', 'device01', 'acme_device01'],
    ['eu2', 'acme_device02', 'acme_device02'],
    ['private-cloud', 'device03', 'acme_device03'],
    ['connectware', 'device04', 'device04'],
  ] as const)(
    'I-01 X-01: makes key, request, certificate and chain of %s, which verify',
    async (naming, cn, clientId) => {
      await make(naming, cn, '--organization', 'O\'Brien / Söhne, + "Co" $HOME `id`');

      const chain = await read(`${cn}_chain.pem`);
      expect(chain).toBe((await read(`${cn}.pem`)) + (await read('acme.pem')));
      expect(await openssl('verify', '-CAfile', 'acme.pem', `${cn}_chain.pem`)).toBe(`${cn}_chain.pem: OK\n`);
      expect(
        await openssl('x509', '-in', `${cn}_chain.pem`, '-noout', '-subject', '-nameopt', 'multiline,utf8,-esc_msb'),
      ).toMatch(
        new RegExp(`organizationName += O'Brien / Söhne, \\+ "Co" \\$HOME \`id\`\\n[^]*commonName += ${cn}\\n`),
      );
      expect(await check(naming, cn)).toMatchObject({ verdict: 'accept', clientId });

      const { validFrom, validTo } = textOf(await read(`${cn}.pem`));
      expect((validTo - validFrom) / 86_400_000).toBe(DEVICE_DAYS[naming]);
      const ca = textOf(await read('acme.pem'));
      expect((ca.validTo - ca.validFrom) / 86_400_000).toBe(CA_DAYS);
    },
  );

  it('I-01: never overwrites a key, and keeps the CA that is there', async () => {
    await make('eu1', 'device05');
    const [key, ca] = [await read('device05.key'), await read('acme.pem')];
    await expect(make('eu1', 'device05')).rejects.toMatchObject({
      code: 1,
      stderr: 'device05.key is there already: move it away first\n',
    });
    expect(await read('device05.key')).toBe(key);
    expect(await read('acme.pem')).toBe(ca);
  });
});

const textOf = (pem: string) => {
  const text = describeCertificate(pem);
  if (!text.ok) throw new Error(text.error.message);
  return text.value;
};

it('X-09: the summary of a certificate is what openssl prints of it', async () => {
  await make('eu1', 'device06', '--organization', 'Smart Factory Inc.');
  const printed = await openssl(
    ...['x509', '-in', 'device06.pem', '-noout', '-subject', '-issuer', '-serial', '-dates', '-fingerprint', '-sha256'],
    // awkward values on one line of UTF-8; by default they come quoted, with bytes for letters
    ...['-nameopt', 'esc_2253,esc_ctrl,utf8,sep_comma_plus_space,sname'],
  );
  const { subject, issuer, serialNumber, validFrom, validTo, id } = textOf(await read('device06.pem'));
  const date = (at: number) => {
    const [, day = '', month, year, time] = new Date(at).toUTCString().split(' ');
    return `${month} ${day.replace(/^0/, ' ')} ${time} ${year} GMT`;
  };
  expect(printed).toBe(
    [
      `subject=${subject}`,
      `issuer=${issuer}`,
      `serial=${serialNumber.toUpperCase()}`,
      `notBefore=${date(validFrom)}`,
      `notAfter=${date(validTo)}`,
      `sha256 Fingerprint=${id.toUpperCase().replace(/..(?=.)/g, '$&:')}`,
      '',
    ].join('\n'),
  );
});

it('I-02: a request of openssl is read as openssl reads it', async () => {
  await make('connectware', 'device07');
  const request = readCertificateRequest(await read('device07.csr'));
  expect(await openssl('req', '-in', 'device07.csr', '-noout', '-verify', '-subject')).toContain('CN = device07');
  expect(request).toMatchObject({
    ok: true,
    value: {
      version: 0,
      subjectText: 'C=DE, O=acme, CN=device07',
      publicKey: { type: 'rsa', bits: 2_048 },
      selfSigned: true,
    },
  });
});

describe('a revocation list that openssl makes', () => {
  const CONFIG = `[ca]
default_ca = acme
[acme]
database = index.txt
crlnumber = crlnumber
default_md = sha256
default_crl_days = 30
crl_extensions = crl
[crl]
authorityKeyIdentifier = keyid
`;
  it('is read with its number, its serial numbers and their reasons; PEM and DER alike', async () => {
    await make('eu1', 'device08');
    const serial = textOf(await read('device08.pem')).serialNumber;
    await writeFile(join(folder, 'ca.cnf'), CONFIG);
    await writeFile(join(folder, 'index.txt'), '');
    await writeFile(join(folder, 'crlnumber'), '1F\n');
    const ca = ['ca', '-config', 'ca.cnf', '-cert', 'acme.pem', '-keyfile', 'acme.key'];
    await openssl(...ca, '-revoke', 'device08.pem', '-crl_reason', 'keyCompromise');
    await openssl(...ca, '-gencrl', '-out', 'acme.crl.pem');
    await openssl('crl', '-in', 'acme.crl.pem', '-outform', 'DER', '-out', 'acme.crl');

    const anchor = await read('acme.pem');
    const pem = readRevocationList(await read('acme.crl.pem'), anchor);
    expect(pem).toMatchObject({
      ok: true,
      value: {
        issuedByAnchor: true,
        signedByAnchor: true,
        signatureAlgorithm: 'rsa-sha256',
        scope: 'full',
        number: '31',
        entries: [{ serialNumber: serial.replace(/^0+/, ''), reason: 'keyCompromise' }],
      },
    });
    const der = (await readFile(join(folder, 'acme.crl'))).toString('base64');
    expect(readRevocationList(der, anchor)).toEqual(pem);
  });
});
