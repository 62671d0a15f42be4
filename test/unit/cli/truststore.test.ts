// vestibule truststore export: the file goes where it is asked for, and what it leaves out is said.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { exportTruststore } from '#cli/commands/truststore.ts';
import type { TruststoreView } from '#contracts/trust-api.ts';
import { fakeContext } from '#support/fake-api.ts';

const folder = mkdtempSync(join(tmpdir(), 'vestibule-truststore-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const view: TruststoreView = {
  pem,
  anchors: [{ fingerprint: 'a'.repeat(64), tenant: 'acme', subject: 'CN=acme', validTo: '2027-01-31T12:00:00.000Z' }],
  omitted: [{ fingerprint: 'b'.repeat(64), tenant: 'globex', reason: 'EXPIRED' }],
};

it('B-06: what is downloaded is what was generated, on stdout or in a file', async () => {
  const all = fakeContext({ showTruststore: () => view });
  await exportTruststore(all.context, {});
  expect(all.stdout()).toBe(pem);

  const out = join(folder, 'cas.pem');
  const own = fakeContext({ showTenantTruststore: () => view });
  await exportTruststore(own.context, { tenant: 'acme', out });
  expect(readFileSync(out, 'utf8')).toBe(pem);
  expect(own.asked).toMatchObject([{ id: 'showTenantTruststore', params: { tenant: 'acme' } }]);
});

it('B-05: says on stderr which CA is left out, and why', async () => {
  const { context, stderr } = fakeContext({ showTruststore: () => view });
  await exportTruststore(context, {});
  expect(stderr()).toContain(`left out: ${'b'.repeat(64)} of globex, its validity is over`);
});

it('says of a tenant without an active CA that its file is empty for that', async () => {
  const { context, stderr } = fakeContext({ showTenantTruststore: () => ({ pem: '', anchors: [], omitted: [] }) });
  await exportTruststore(context, { tenant: 'acme' });
  expect(stderr()).toContain('acme has no trust anchor that is active: vestibule anchor list --tenant acme');
});

it('a file that cannot be written is an error that names it', async () => {
  const { context } = fakeContext({ showTruststore: () => view });
  const out = join(folder, 'missing', 'cas.pem');
  await expect(exportTruststore(context, { out })).rejects.toMatchObject({
    code: 'FILE_UNWRITABLE',
    message: expect.stringContaining(out),
  });
});

it('B-06: a file that is there is replaced, at the place that a link leads to, and nothing else is left', async () => {
  const { context } = fakeContext({ showTruststore: () => view });
  const place = join(folder, 'replaced');
  mkdirSync(place);
  const [out, link] = [join(place, 'cas.pem'), join(place, 'link.pem')];
  writeFileSync(out, 'yesterday');
  symlinkSync(out, link);
  await exportTruststore(context, { out: link });
  expect(readFileSync(out, 'utf8')).toBe(pem);
  expect(readdirSync(place)).toEqual(['cas.pem', 'link.pem']);
  await expect(exportTruststore(context, { out: place })).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' });
});

it('B-06: whoever has the former file open keeps it whole', async () => {
  const { context } = fakeContext({ showTruststore: () => view });
  const out = join(folder, 'read.pem');
  writeFileSync(out, 'yesterday');
  const reader = await open(out);
  await exportTruststore(context, { out });
  expect(await reader.readFile('utf8')).toBe('yesterday');
  await reader.close();
});
