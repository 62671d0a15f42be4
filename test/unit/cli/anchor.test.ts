// vestibule anchor: what is said of the devices of a CA that was just registered.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { registerAnchor } from '#cli/commands/anchor.ts';
import type { AnchorView } from '#contracts/trust-api.ts';
import { makeTenantCa } from '#support/certificates.ts';
import { fakeContext } from '#support/fake-api.ts';

const folder = mkdtempSync(join(tmpdir(), 'vestibule-anchor-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('J-02, J-03: says that the first connect is turned away, and what the next may still want', async () => {
  const { pem } = makeTenantCa();
  const path = join(folder, 'ca.pem');
  writeFileSync(path, pem);
  const time = '2026-01-31T12:00:00.000Z';
  const anchor: AnchorView = {
    fingerprint: 'a'.repeat(64),
    tenant: 'acme',
    state: 'ACTIVE',
    subject: 'CN=acme-ca',
    pem,
    validFrom: time,
    validTo: time,
    proof: 'OPERATOR',
    registeredAt: time,
    registeredBy: 'operator',
  };
  const { context, asked, stderr } = fakeContext({ registerAnchor: () => anchor });
  await registerAnchor(context, path, { tenant: 'acme' });

  expect(asked).toMatchObject([{ id: 'registerAnchor', params: { tenant: 'acme' } }]);
  expect(stderr()).toMatch(
    /turned away at their first connect and let in at the next, unless .* a user or an approval/,
  );
});
