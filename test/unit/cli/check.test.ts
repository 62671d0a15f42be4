// vestibule check: the offline verdict, and what it says of files that are no certificate.

import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { issueDevice, makeTenantCa } from '#support/certificates.ts';
import { runCommandLine } from '#support/command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'vestibule-check-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

const ca = makeTenantCa();
const device = issueDevice(ca, { cn: 'device01' });
const chain = file('device01_chain.pem', device.chainPem);
const leaf = file('device01.pem', device.pem);
const anchor = file('acme.pem', ca.pem);

const check = async (path: string, ...flags: string[]) => {
  const named = flags.includes('--naming') ? flags : ['--naming', 'eu1', ...flags];
  const ran = await runCommandLine(['check', path, '--tenant', 'acme', '--json', ...named]);
  return { ...ran, answer: ran.stdout === '' ? null : JSON.parse(ran.stdout) };
};
const failure = async (path: string, ...flags: string[]) => {
  const ran = await check(path, ...flags);
  expect(ran).toMatchObject({ exitCode: 1, answer: null });
  return JSON.parse(ran.stderr).error as { code: string; message: string };
};

describe('the verdict', () => {
  it('N-01, X-05: accepts what plain openssl commands make, and says what it would get', async () => {
    const { exitCode, answer } = await check(chain);
    expect(exitCode).toBe(0);
    expect(answer).toMatchObject({
      verdict: 'accept',
      reason: null,
      clientId: 'acme_device01',
      thingName: 'acme_device01',
      permissionSet: 'acme.eu1',
      policyName: 'vestibule.acme.eu1',
    });
    expect(answer.rules.filter((rule: { ok: boolean | null }) => rule.ok === false)).toEqual([]);
    expect(JSON.stringify(answer.policy)).toContain('iot:Connection.Thing.ThingName}/o/*');
  });

  it('takes the anchor from --anchor, and without one from the chain', async () => {
    expect((await check(leaf, '--anchor', anchor)).exitCode).toBe(0);
    expect(await failure(leaf)).toMatchObject({ code: 'ANCHOR_MISSING' });
  });

  it('N-04: gives one certificate another verdict under another profile', async () => {
    expect((await check(chain, '--naming', 'connectware')).answer).toMatchObject({
      verdict: 'accept',
      clientId: 'device01',
    });
    const eu2 = await check(chain, '--naming', 'eu2');
    expect(eu2.exitCode).toBe(1);
    expect(eu2.answer).toMatchObject({ verdict: 'reject', reason: 'CN_TENANT_PREFIX', thingName: null, policy: null });
    expect((await check(chain, '--naming', '{tenant}-{ou}-{cn}')).answer).toMatchObject({
      clientId: 'acme-IT-device01',
    });
  });

  it('N-10: says that a device set to another client id would never get a session', async () => {
    const wrong = await check(chain, '--client-id', 'device01');
    expect(wrong.exitCode).toBe(1);
    expect(wrong.answer).toMatchObject({
      verdict: 'reject',
      reason: 'CLIENT_ID_MISMATCH',
      seen: 'device01',
      clientId: 'acme_device01',
    });
    expect(wrong.answer.rules.at(-1)).toEqual({ rule: 'connect-client-id', ok: false, seen: 'device01' });
    expect((await check(chain, '--client-id', 'acme_device01')).exitCode).toBe(0);
  });

  it('holds, with exit code 1, what an operator must approve and what is not on the list', async () => {
    const approve = await check(chain, '--admission', 'approve');
    expect(approve.exitCode).toBe(1);
    expect(approve.answer).toMatchObject({ verdict: 'hold', reason: 'APPROVAL_REQUIRED', thingName: 'acme_device01' });
    const listed = file('listed.txt', '# ours\r\n\r\ndevice01\r\n');
    const others = file('others.txt', 'device02\ndevice03\n');
    expect((await check(chain, '--allow-cn', listed)).answer.verdict).toBe('accept');
    expect((await check(chain, '--allow-cn', others)).answer).toMatchObject({ verdict: 'hold', reason: 'NOT_ALLOWED' });
  });

  it('X-01: rejects a chain in the wrong order, and one that does not hang together', async () => {
    const other = makeTenantCa();
    const reversed = await check(file('reversed.pem', ca.pem + device.pem));
    expect(reversed.exitCode).toBe(1);
    expect(reversed.answer).toMatchObject({ verdict: 'reject', reason: 'CHAIN_ORDER', clientId: null });
    expect(reversed.answer.rules).toEqual([{ rule: 'chain', ok: false, seen: expect.any(String) }]);
    expect((await check(file('broken.pem', device.pem + other.pem))).answer).toMatchObject({ reason: 'CHAIN_BROKEN' });
  });

  it('CA-05: rejects every device of a CA that cannot be registered', async () => {
    const notCa = await check(leaf, '--anchor', leaf);
    expect(notCa).toMatchObject({ exitCode: 1, answer: { verdict: 'reject', reason: 'NOT_A_CA', policy: null } });
    const weak = makeTenantCa({ key: 'rsa-1024' });
    const signed = await check(file('weak.pem', issueDevice(weak, { cn: 'device01' }).chainPem));
    expect(signed).toMatchObject({
      exitCode: 1,
      answer: {
        verdict: 'reject',
        reason: 'KEY_TOO_SMALL',
        seen: 'RSA 1024',
        clientId: 'acme_device01',
        thingName: null,
      },
    });
    expect(signed.answer.rules.filter((rule: { ok: boolean | null }) => rule.ok === false)).toEqual([
      { rule: 'anchor', ok: false, seen: 'RSA 1024' },
    ]);
    const nameless = makeTenantCa({ subject: [] });
    expect(
      (await check(leaf, '--anchor', file('nameless.pem', nameless.pem), '--admission', 'approve')).answer,
    ).toMatchObject({ reason: 'CA_SUBJECT_EMPTY' });
  });

  it('X-03: rejects a leaf of a CA that only has the same name', async () => {
    const impostor = file('impostor.pem', makeTenantCa().pem);
    expect((await check(leaf, '--anchor', impostor)).answer).toMatchObject({ verdict: 'reject', reason: 'CA_UNKNOWN' });
  });

  it('I-11: rejects a certificate that signed itself', async () => {
    const own = makeTenantCa({ subject: [['CN', 'device01']], extensions: null });
    expect((await check(file('own.pem', own.pem), '--anchor', anchor)).answer).toMatchObject({
      verdict: 'reject',
      reason: 'CA_UNKNOWN',
    });
  });

  it('I-08: rejects a certificate whose key is another one, and never shows a key', async () => {
    const right = await check(chain, '--key', file('right.key', device.keyPem));
    expect(right).toMatchObject({ exitCode: 0, answer: { verdict: 'accept' } });
    expect(right.answer.rules.at(-1)).toEqual({ rule: 'key-pair', ok: true, seen: 'the key of the certificate' });

    const other = issueDevice(ca, { cn: 'device02', key: 'rsa-2048' });
    const wrong = await check(chain, '--key', file('wrong.key', other.keyPem));
    expect(wrong).toMatchObject({
      exitCode: 1,
      answer: { verdict: 'reject', reason: 'KEY_MISMATCH', clientId: 'acme_device01' },
    });
    expect(wrong.answer.rules.at(-1)).toMatchObject({ rule: 'key-pair', ok: false });
    expect(wrong.stdout + wrong.stderr).not.toContain(other.keyPem.split('\n')[1]);
    // what is wrong with the certificate itself comes first
    const both = await check(chain, '--naming', 'eu2', '--key', file('both.key', other.keyPem));
    expect(both.answer).toMatchObject({ reason: 'CN_TENANT_PREFIX' });

    const { stdout } = await runCommandLine([
      ...['check', chain, '--tenant', 'acme', '--naming', 'eu1', '--key', file('told.key', other.keyPem)],
    ]);
    expect(stdout).toMatch(/reject {2}KEY_MISMATCH: .*\nto do +install the key/);
    expect((await failure(chain, '--key', anchor)).code).toBe('KEY_UNREADABLE');
    expect((await failure(chain, '--key', join(folder, 'none.key'))).code).toBe('FILE_NOT_FOUND');
  });

  it('tells people the rules, the verdict and what to do', async () => {
    const { exitCode, stdout, stderr } = await runCommandLine(['check', chain, '--tenant', 'acme', '--naming', 'eu2']);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/✓ chain +2 certificates/);
    expect(stdout).toMatch(/✗ client-id +device01/);
    expect(stdout).toMatch(/· admission +not reached/);
    expect(stdout).toMatch(/reject {2}CN_TENANT_PREFIX: .*\nto do +issue a certificate/);
    expect(stderr).toBe('');
  });

  it('does not pass as kept what only the registry knows: the user, and whether the trust anchor still stands', async () => {
    const unknown = async (path: string, naming: string) => {
      const { answer } = await check(path, '--naming', naming);
      const rules: { rule: string; ok: boolean | null; seen: string }[] = answer.rules;
      expect(rules.filter(({ ok }) => ok === null).every(({ seen }) => seen === 'not known offline')).toBe(true);
      return rules.filter(({ ok }) => ok === null).map(({ rule }) => rule);
    };
    expect(await unknown(chain, 'connectware')).toEqual([
      ...['block-list', 'revocation-list', 'user', 'operator-word', 'anchor-state', 'device'],
    ]);
    const prefixed = file('foreign.pem', issueDevice(ca, { cn: 'globex_pump1' }).chainPem);
    expect(await unknown(prefixed, 'connectware')).toContain('tenant-prefix');

    const { stdout, stderr } = await runCommandLine(['check', chain, '--tenant', 'acme', '--naming', 'eu1']);
    expect(stdout).toMatch(/\? user +not known offline/);
    expect(stderr).toContain('create the user before the device connects');
  });

  it('N-06: names the tenant whose existence only the registry knows', async () => {
    const path = file('prefixed.pem', issueDevice(ca, { cn: 'globex_pump1' }).chainPem);
    const { stderr } = await runCommandLine(['check', path, '--tenant', 'acme', '--naming', 'connectware']);
    expect(stderr).toContain('tenant "globex"');
  });
});

describe('a file that is no PEM certificate', () => {
  it('X-02: is named with what it is instead', async () => {
    expect(await failure(file('device.der', new X509Certificate(device.pem).raw))).toMatchObject({ code: 'NOT_PEM' });
    expect(await failure(file('empty.pem', ''))).toMatchObject({ code: 'NOT_PEM' });
    const csr = '-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n';
    const fault = await failure(file('device.csr', csr));
    expect(fault.code).toBe('NOT_A_CERTIFICATE');
    expect(fault.message).toContain('CERTIFICATE REQUEST');
    expect(await failure(join(folder, 'none.pem'))).toMatchObject({ code: 'FILE_NOT_FOUND' });
    expect(await failure(folder)).toMatchObject({ code: 'FILE_UNREADABLE' });
  });

  it('is UTF-16 when Windows PowerShell has made it', async () => {
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(device.chainPem, 'utf16le')]);
    expect(await failure(file('utf16.pem', utf16))).toMatchObject({ code: 'FILE_ENCODING' });
  });

  it('R-06: may be a private key, of which not one line is ever shown', async () => {
    const { code, message } = await failure(file('device.key', device.keyPem));
    expect(code).toBe('PRIVATE_KEY_IN_FILE');
    for (const line of device.keyPem.split('\n').filter((text) => text.length > 20 && !text.startsWith('-----'))) {
      expect(message).not.toContain(line.slice(0, 20));
    }
    expect((await failure(file('both.pem', device.chainPem + device.keyPem))).code).toBe('PRIVATE_KEY_IN_FILE');
  });

  it('is an allow-list with no name, or with one that no certificate can have', async () => {
    expect((await failure(chain, '--allow-cn', file('none.txt', '# none\n'))).message).toContain('lets no device in');
    expect((await failure(chain, '--allow-cn', file('long.txt', 'x'.repeat(65)))).message).toContain('64');
  });
});
