// vestibule certificate: the script it prints, and what it sends and shows.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ApiFailure } from '#cli/api-client.ts';
import { inspectRequest, issueCertificate, showCertificate } from '#cli/commands/certificate.ts';
import type { CertificateText, CsrView, IssuedView } from '#contracts/trust-api.ts';
import { makeTenantCa } from '#support/certificates.ts';
import { runCommandLine } from '#support/command-line.ts';
import { fakeContext } from '#support/fake-api.ts';

const folder = mkdtempSync(join(tmpdir(), 'vestibule-certificate-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, content: string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const CSR = '-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n';

const script = async (...flags: string[]) => {
  const ran = await runCommandLine(['certificate', 'script', '--tenant', 'acme', ...flags]);
  expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
  return ran.stdout;
};
const failure = async (...flags: string[]) => {
  const ran = await runCommandLine(['certificate', 'script', '--tenant', 'acme', '--json', ...flags]);
  expect(ran.stdout).toBe('');
  return { exitCode: ran.exitCode, ...(JSON.parse(ran.stderr).error as { code: string; message: string }) };
};

describe('a script that makes the files of a device', () => {
  it.each([
    ['eu1', 'device01', '-subj /C=DE/ST=ER/O=acme/OU=IT/CN=device01\n', '-days 365'],
    ['private-cloud', 'device01', '-subj /C=DE/ST=ER/O=acme/OU=IT/CN=device01\n', '-days 365'],
    ['eu2', 'acme_device01', '-subj /C=DE/ST=ER/O=acme/OU=IT/CN=acme_device01\n', '-days 365'],
    ['connectware', 'device01', '-subj /C=DE/O=acme/CN=device01\n', '-days 100'],
    ['{ou}-{cn}', 'device01', '-subj /C=DE/ST=ER/O=acme/OU=IT/CN=device01\n', '-days 365'],
  ])('I-01 I-05: has subject and lifetime of the profile %s', async (naming, cn, subject, days) => {
    const text = await script('--naming', naming, '--cn', cn);
    expect(text).toContain(`openssl req -new -key ${cn}.key -out ${cn}.csr ${subject}`);
    expect(text).toMatch(new RegExp(`openssl x509 -req .*-CAcreateserial -out ${cn}\\.pem ${days} -sha256\n`));
    expect(text).toContain(`cat ${cn}.pem acme.pem > ${cn}_chain.pem`);
  });

  it('I-01: quotes for bash, and escapes for openssl', async () => {
    const text = await script('--naming', 'eu1', '--cn', 'device01', '--organization', "O'Brien / Sons + $HOME `id`");
    expect(text).toContain(`'/C=DE/ST=ER/O=O'\\''Brien \\/ Sons \\+ $HOME \`id\`/OU=IT/CN=device01'`);
  });

  it('I-01: quotes for PowerShell, joins as ASCII, and stops where openssl fails', async () => {
    const flags = ['--cn', 'device01', '--organization', "O'Brien, Inc. $x", '--shell', 'powershell'];
    const text = await script('--naming', 'connectware', ...flags);
    expect(text).toContain("-subj '/C=DE/O=O''Brien, Inc. $x/CN=device01'; if ($LASTEXITCODE -ne 0)");
    expect(text).toContain('Get-Content -LiteralPath device01.pem, acme.pem | Set-Content -Encoding ascii');
    for (const line of text.split('\n').filter((each) => each.trim().startsWith('openssl')))
      expect(line).toContain("throw 'openssl failed'");
  });

  it('I-01: names text that is not ASCII as such, and files as every system can', async () => {
    const text = await script('--naming', 'eu1', '--cn', 'line:1', '--organization', 'Müller');
    expect(text).toContain('-utf8 -subj /C=DE/ST=ER/O=Müller/OU=IT/CN=line:1'.replace('/C=DE', "'/C=DE").concat("'"));
    expect(text).toContain('line_1_chain.pem');
    expect(await script('--naming', 'eu1', '--cn', '-x')).toContain('cat _x.pem');
  });

  it('I-04: keeps the key of the CA where it is: nothing but openssl reads it', async () => {
    const text = await script('--naming', 'eu1', '--cn', 'device01');
    const lines = text.split('\n').filter((line) => line.includes('acme.key') && !line.startsWith('if ['));
    expect(lines.every((line) => line.trim().startsWith('openssl '))).toBe(true);
    expect(text).not.toMatch(/curl|vestibule|scp/);
  });

  it('says no for a CN that gives no client id, with the rule that it breaks', async () => {
    expect(await failure('--naming', 'eu2', '--cn', 'device01')).toMatchObject({
      code: 'CN_TENANT_PREFIX',
      exitCode: 1,
    });
    expect(await failure('--naming', 'eu1', '--cn', "a'; rm -rf ~; '")).toMatchObject({ code: 'CN_CHARSET' });
    expect(await failure('--naming', 'connectware', '--cn', 'x'.repeat(65))).toMatchObject({ code: 'CN_TOO_LONG' });
  });

  it('says no for what no quoting carries, and for a country that is none', async () => {
    const values = ['--naming', 'eu1', '--cn', 'a', '--organization'];
    expect(await failure(...values, 'a\nb')).toMatchObject({ code: 'SUBJECT_VALUE', exitCode: 2 });
    expect(await failure(...values, '')).toMatchObject({ code: 'SUBJECT_VALUE' });
    expect(await failure(...values, 'a "b"', '--shell', 'powershell')).toMatchObject({ code: 'SUBJECT_VALUE' });
    expect(await script(...values, 'a "b"')).toContain(`'/C=DE/ST=ER/O=a "b"/OU=IT/CN=a'`);
    expect(await failure('--naming', 'eu1', '--cn', 'a', '--country', 'Germany')).toMatchObject({ exitCode: 2 });
  });
});

const text: CertificateText = {
  fingerprint: 'f'.repeat(64),
  subject: 'CN=device01',
  issuer: 'CN=acme-ca',
  serialNumber: '0a',
  validFrom: '2026-01-01T00:00:00.000Z',
  validTo: '2027-01-01T00:00:00.000Z',
  publicKey: 'RSA 2048',
  signatureAlgorithm: 'rsa-sha256',
  pem: 'the leaf\n',
};

describe('a certificate signing request', () => {
  const view: CsrView = {
    version: 0,
    subject: 'CN=device01',
    cn: 'device01',
    clientId: 'acme_device01',
    publicKey: 'RSA 2048',
    signatureAlgorithm: 'rsa-sha256',
  };

  it('I-02: is sent as it is, with the CN that it is meant to have', async () => {
    const { context, asked, stdout, stderr } = fakeContext({ inspectCsr: () => view });
    await inspectRequest(context, file('a.csr', CSR), { tenant: 'acme', cn: 'device01' });
    expect(asked).toMatchObject([{ params: { tenant: 'acme' }, body: { csr: CSR, cn: 'device01' } }]);
    expect(stdout()).toMatch(/version +0\n/);
    expect(stderr()).toBe('well-formed: a certificate of it would be named acme_device01\n');
  });

  it('I-04: never leaves this machine together with a key', async () => {
    const { context, asked } = fakeContext({ inspectCsr: () => view });
    const both = file('both.csr', `${CSR}${makeTenantCa().keyPem}`);
    for (const ask of [
      () => inspectRequest(context, both, { tenant: 'acme' }),
      () => issueCertificate(context, { tenant: 'acme', csr: both }),
    ])
      await expect(ask()).rejects.toMatchObject({
        code: 'PRIVATE_KEY_IN_FILE',
        message: expect.stringMatching(/^expected a certificate signing request, .*: give it without the key$/),
      });
    expect(asked).toEqual([]);
  });
});

describe('a certificate that is issued', () => {
  const issued: IssuedView = {
    ...text,
    clientId: 'acme_device01',
    anchor: 'a'.repeat(64),
    chain: 'the leaf\nthe CA\n',
  };

  it('X-01: is written as a chain', async () => {
    const { context, asked, stdout, stderr } = fakeContext({ issueCertificate: () => issued });
    const out = join(folder, 'chain.pem');
    await issueCertificate(context, { tenant: 'acme', csr: file('b.csr', CSR), days: 30, anchor: issued.anchor, out });
    expect(asked).toMatchObject([{ body: { csr: CSR, days: 30, anchor: issued.anchor } }]);
    expect(readFileSync(out, 'utf8')).toBe('the leaf\nthe CA\n');
    expect(stdout()).toMatch(/client id +acme_device01/);
    expect(stdout()).not.toContain('the CA');
    expect(stderr()).toContain(out);
  });

  it('X-01: never replaces a file, and asks for nothing that has nowhere to go', async () => {
    const { context, asked } = fakeContext({ issueCertificate: () => issued });
    const key = file('device01.key', 'the only copy of a key');
    const ask = (out: string) => issueCertificate(context, { tenant: 'acme', csr: file('e.csr', CSR), out });
    await expect(ask(key)).rejects.toMatchObject({ code: 'FILE_EXISTS', message: expect.stringContaining(key) });
    expect(readFileSync(key, 'utf8')).toBe('the only copy of a key');
    await expect(ask(join(folder, 'none', 'x.pem'))).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' });
    expect(asked).toEqual([]);
  });

  it('leaves no file where none was issued', async () => {
    const { context } = fakeContext({
      issueCertificate: () => {
        throw new ApiFailure('CN_CHARSET', 'no', 400);
      },
    });
    const out = join(folder, 'refused.pem');
    const refused = issueCertificate(context, { tenant: 'acme', csr: file('f.csr', CSR), out });
    await expect(refused).rejects.toMatchObject({ code: 'CN_CHARSET' });
    expect(existsSync(out)).toBe(false);
  });

  it('is printed where no file is named, every field in one column', async () => {
    const { context, stdout } = fakeContext({ issueCertificate: () => issued });
    await issueCertificate(context, { tenant: 'acme', csr: file('c.csr', CSR) });
    expect(stdout()).toContain('the leaf\nthe CA\n');
    expect(stdout()).toMatch(/^fingerprint {2}f{64}\nclient id {4}acme_device01$/m);
  });
});

it('X-09: a certificate is shown by the route of whoever asks', async () => {
  const { context, asked, stdout } = fakeContext({ showCertificate: () => text, showTenantCertificate: () => text });
  await showCertificate(context, 'acme_device01', {});
  await showCertificate(context, 'acme_device01', { tenant: 'acme' });
  expect(asked.map(({ id }) => id)).toEqual(['showCertificate', 'showTenantCertificate']);
  expect(stdout()).toMatch(/issuer +CN=acme-ca\nserial +0a\nvalid +2026-01-01 00:00:00Z to 2027-01-01 00:00:00Z/);
  expect(stdout()).toContain('the leaf');
});
