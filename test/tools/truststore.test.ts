// The truststore as openssl sees it: what it lets in, and how many certificates it finds.

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { x509CertificateReader } from '#adapters/x509-certificates.ts';
import type { TrustAnchor } from '#domain/trust-anchor.ts';
import { truststoreOf } from '#domain/truststore.ts';
import { issueDevice, makeTenantCa, type TestCa, type TestDevice } from '#support/certificates.ts';
import { anAnchor } from '#support/trust-anchors.ts';

const NOW = Date.now();
const DAY = 86_400_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vestibule-truststore-'));
});
afterAll(() => rm(folder, { recursive: true }));

const written = async (name: string, text: string): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
};
const openssl = (...args: readonly string[]) => promisify(execFile)('openssl', args);

const caNamed = (cn: string) => makeTenantCa({ subject: [['CN', cn]] });
const anchorOf = (ca: TestCa, changes: Partial<TrustAnchor> = {}) => anAnchor({ id: ca.id, pem: ca.pem, ...changes });

/** @returns what `openssl verify` prints; a leaf that it refuses is an error of the command */
const verify = async (bundle: string, ...leaves: readonly string[]): Promise<string> =>
  (await openssl('verify', '-CAfile', bundle, ...leaves)).stdout;
/** How many certificates the two commands find that operators count with. */
const counted = async (bundle: string): Promise<number> => {
  const p7 = join(folder, 'bundle.p7');
  await openssl('crl2pkcs7', '-nocrl', '-certfile', bundle, '-out', p7);
  const { stdout } = await openssl('pkcs7', '-in', p7, '-print_certs', '-noout');
  return stdout.match(/^subject=/gm)?.length ?? 0;
};

describe('openssl and the truststore', () => {
  it('B-01: both leaves of two tenants are OK', async () => {
    const [one, two] = [caNamed('one'), caNamed('two')];
    const bundle = await written('both.pem', truststoreOf([anchorOf(one), anchorOf(two)], NOW).pem);
    const leaves = [
      await written('leaf1.crt', issueDevice(one, { cn: 'device01' }).pem),
      await written('leaf2.crt', issueDevice(two, { cn: 'device02' }).pem),
    ];

    expect(await verify(bundle, ...leaves)).toBe(leaves.map((leaf) => `${leaf}: OK\n`).join(''));
  });

  it('CA-09: an intermediate CA stands alone, so that its root lets in nothing else: verifiers take it with -partial_chain', async () => {
    const root = caNamed('root');
    const [ours, another] = ['ours', 'another'].map((cn) => makeTenantCa({ subject: [['CN', cn]], issuer: root }));
    if (!ours || !another) throw new Error('expected two intermediate CAs');
    const bundle = await written('intermediate.pem', truststoreOf([anchorOf(ours)], NOW).pem);
    const leaf = await written('leaf.crt', issueDevice(ours, { cn: 'device01' }).pem);
    const stranger = await written('stranger.crt', issueDevice(another, { cn: 'device01' }).pem);

    const { stdout } = await openssl('verify', '-partial_chain', '-CAfile', bundle, leaf);
    expect(stdout).toBe(`${leaf}: OK\n`);
    await expect(openssl('verify', '-partial_chain', '-CAfile', bundle, stranger)).rejects.toThrow();
    await expect(verify(bundle, leaf)).rejects.toThrow();
  });

  it('B-03: the leaf of a CA that was revoked is not', async () => {
    const [one, two] = [caNamed('one'), caNamed('two')];
    const bundle = await written(
      'revoked.pem',
      truststoreOf([anchorOf(one, { state: 'REVOKED' }), anchorOf(two)], NOW).pem,
    );
    const leaf = await written('leaf.crt', issueDevice(one, { cn: 'device01' }).pem);

    await expect(verify(bundle, leaf)).rejects.toMatchObject({
      stderr: expect.stringContaining('unable to get local issuer certificate'),
    });
  });

  it('B-04: finds each certificate once, though they came with CRLF, comments, twice, and without a last newline', async () => {
    const [one, two, three] = [caNamed('one'), caNamed('two'), caNamed('three')];
    const awkward = `# one\r\n${one.pem.replaceAll('\n', '\r\n')}subject=CN = two\n${two.pem}${one.pem.trimEnd()}`;

    const { pem } = truststoreOf([anchorOf(one, { pem: awkward }), anchorOf(three, { pem: three.pem.trimEnd() })], NOW);

    expect(await counted(await written('awkward.pem', pem))).toBe(3);
  });

  it('B-05: finds two of three when one has expired', async () => {
    const [one, two] = [caNamed('one'), caNamed('two')];
    const over = makeTenantCa({ subject: [['CN', 'over']], validTo: new Date(NOW - DAY) });
    const { pem, omitted } = truststoreOf([anchorOf(one), anchorOf(over, { validTo: NOW - DAY }), anchorOf(two)], NOW);

    expect(await counted(await written('expired.pem', pem))).toBe(2);
    expect(omitted).toMatchObject([{ anchor: { id: over.id }, reason: 'EXPIRED' }]);
  });

  it('B-01: agrees with our verdict on every leaf under every CA', async () => {
    const cas = ['rsa-2048', 'p256', 'p384', 'p521'] as const;
    const made = cas.map((key) => makeTenantCa({ subject: [['CN', `ca-${key}`]], key }));
    const strangers = cas.map((key) => makeTenantCa({ subject: [['CN', `ca-${key}`]] }));
    const bundle = await written(
      'all.pem',
      truststoreOf(
        made.map((ca) => anchorOf(ca)),
        NOW,
      ).pem,
    );
    const leaves: readonly (readonly [TestDevice, TestCa])[] = made.flatMap((ca, n) => [
      [issueDevice(ca, { cn: 'ours' }), ca] as const,
      // a CA of the same name with another key
      [issueDevice(strangers[n] ?? ca, { cn: 'a-stranger' }), ca] as const,
    ]);

    for (const [n, [leaf, ca]] of leaves.entries()) {
      const file = await written(`leaf-${n}.crt`, leaf.pem);
      const facts = x509CertificateReader.readLeaf(leaf.pem, ca.pem);
      const theirs = await verify(bundle, file).then(
        () => true,
        () => false,
      );
      expect('issuedByAnchor' in facts && facts.issuedByAnchor).toBe(theirs);
      expect(theirs).toBe(n % 2 === 0);
    }
  });
});
