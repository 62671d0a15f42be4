// vestibule anchor: what is sent and said, and that a change only previewed changes nothing.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { ApiFailure } from '#cli/api-client.ts';
import {
  changeAnchor,
  importCrl,
  registerAnchor,
  showAnchor,
  uploadAnchor,
  verifyAnchor,
} from '#cli/commands/anchor.ts';
import { Failure } from '#cli/failure.ts';
import type { AnchorView, CrlView, ImpactView } from '#contracts/trust-api.ts';
import { makeTenantCa } from '#support/certificates.ts';
import { fakeContext } from '#support/fake-api.ts';

const folder = mkdtempSync(join(tmpdir(), 'vestibule-anchor-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { pem } = makeTenantCa();
const file = (name: string, content: string | Buffer): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const caFile = file('ca.pem', pem);

const time = '2026-01-31T12:00:00.000Z';
const fingerprint = 'a'.repeat(64);
const tenant = 'acme';
const anchor: AnchorView = {
  fingerprint,
  tenant,
  state: 'ACTIVE',
  proof: 'OPERATOR',
  certificateMode: 'SNI_ONLY',
  subject: 'CN=acme-ca',
  validFrom: time,
  validTo: time,
  registeredAt: time,
  registeredBy: 'operator',
  changedAt: time,
  changedBy: 'operator',
  challenge: null,
  privateCaArn: null,
  crl: null,
  sweep: null,
  pem,
};
const upload: AnchorView = {
  ...anchor,
  state: 'PENDING_VERIFICATION',
  proof: null,
  challenge: { code: 'c0de'.repeat(16), expiresAt: time, registrationCode: null },
};
const impact: ImpactView = {
  fingerprint,
  certificates: 3,
  states: { ACTIVE: 2, SUSPENDED: 1 },
  barredOtherwise: 1,
  connected: 1,
  lastSeen: time,
  devices: [
    {
      clientId: 'acme_device01',
      fingerprint: 'b'.repeat(64),
      state: 'ACTIVE',
      connected: true,
      ip: '192.0.2.7',
      lastSeen: time,
    },
  ],
  more: false,
};
const sweep = { pass: 1, seen: 3, changed: 2, startedAt: time, completedAt: null };

it('J-02, J-03: says that the first connect is turned away, and what the next may still want', async () => {
  const { context, asked, stderr } = fakeContext({ registerAnchor: () => anchor });
  await registerAnchor(context, caFile, { tenant });

  expect(asked).toMatchObject([{ id: 'registerAnchor', params: { tenant } }]);
  expect(stderr()).toMatch(
    /turned away at their first connect and let in at the next, unless .* a user or an approval/,
  );
});

it('registers the CA of a private CA by its ARN, and wants either that or a file', async () => {
  const privateCa = `arn:aws:acm-pca:eu-central-1:111122223333:certificate-authority/${'0'.repeat(8)}`;
  const { context, asked } = fakeContext({ registerAnchor: () => ({ ...anchor, privateCaArn: privateCa }) });
  await registerAnchor(context, undefined, { tenant, privateCa });
  expect(asked).toMatchObject([{ body: { privateCaArn: privateCa } }]);

  for (const given of [undefined, caFile]) {
    const options = given === undefined ? { tenant } : { tenant, privateCa };
    await expect(registerAnchor(context, given, options)).rejects.toMatchObject({ code: 'USAGE', exitCode: 2 });
  }
});

describe('CA-04: possession of the key', () => {
  it('an upload says what to sign, and how to hand it in', async () => {
    const { context, asked, stdout, stderr } = fakeContext({ uploadAnchor: () => upload });
    await uploadAnchor(context, caFile, { tenant, certificateMode: 'SNI_ONLY' });

    expect(asked).toMatchObject([
      { body: { certificate: pem, certificateMode: 'SNI_ONLY', allowIntermediate: false } },
    ]);
    expect(stdout()).toContain(upload.challenge?.code);
    expect(stdout()).toMatch(/^uploaded +2/m);
    expect(stderr()).toContain(`-subj '/CN=${upload.challenge?.code}'`);
    expect(stderr()).toContain(`vestibule anchor verify ${fingerprint} verification.pem --tenant acme`);
    expect(stderr()).not.toContain('--account-verification');
  });

  it('names the second certificate where AWS asks for one', async () => {
    const challenge = { code: 'c0de', expiresAt: time, registrationCode: 'f00d' };
    const { context, stderr } = fakeContext({ showAnchor: () => ({ ...upload, challenge }) });
    await showAnchor(context, fingerprint, { tenant });
    expect(stderr()).toContain("-subj '/CN=f00d'");
    expect(stderr()).toContain('--account-verification account.pem');
  });

  it('hands in one certificate, or two', async () => {
    const { context, asked } = fakeContext({ verifyAnchor: () => anchor });
    await verifyAnchor(context, fingerprint, caFile, { tenant });
    await verifyAnchor(context, fingerprint, caFile, { tenant, accountVerification: caFile });
    expect(asked).toMatchObject([
      { body: { verificationCertificate: pem, accountVerificationCertificate: null } },
      { body: { verificationCertificate: pem, accountVerificationCertificate: pem } },
    ]);
  });
});

it('CA-02, I-04: a private key stays on this machine', async () => {
  const withKey = file('key.pem', `${pem}-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n`);
  const { context, asked } = fakeContext({});
  for (const send of [
    () => uploadAnchor(context, withKey, { tenant, certificateMode: 'SNI_ONLY' }),
    () => verifyAnchor(context, fingerprint, withKey, { tenant }),
    () => registerAnchor(context, withKey, { tenant }),
    () => importCrl(context, withKey, { tenant, anchor: fingerprint }),
  ])
    await expect(send()).rejects.toMatchObject({
      code: 'PRIVATE_KEY_IN_FILE',
      message: expect.stringContaining('nothing was sent: give it without the key'),
    });
  expect(asked).toEqual([]);
});

describe('V-01, V-03: what changes a trust anchor', () => {
  it.each(['revoke', 'restore', 'delete'] as const)(
    '%s --dry-run says whom it touches, and asks for nothing else',
    async (change) => {
      const { context, asked, stdout, stderr } = fakeContext({ showAnchorImpact: () => impact });
      await changeAnchor(context, change, fingerprint, { tenant, dryRun: true });

      expect(asked).toMatchObject([{ id: 'showAnchorImpact', query: { act: change } }]);
      expect(stdout()).toMatch(/3: 2 ACTIVE, 1 SUSPENDED/);
      expect(stdout()).toMatch(/acme_device01 +ACTIVE +now +192\.0\.2\.7/);
      expect(stdout()).toContain('and 2 more');
      expect(stderr()).toContain('nothing was changed');
      expect(stderr()).toMatch(
        change === 'restore'
          ? /^2 certificates would be let in again, .*; 1 would stay out, barred by something else;/
          : /^3 certificates would be kept out/,
      );
    },
  );

  it.each([
    ['revoke', 'revokeAnchor'],
    ['restore', 'restoreAnchor'],
    ['delete', 'deleteAnchor'],
  ] as const)('%s asks for it once, and says where to look', async (change, id) => {
    const { context, asked, stderr } = fakeContext({ [id]: () => ({ ...anchor, sweep }) });
    await changeAnchor(context, change, fingerprint, { tenant });
    expect(asked.map((call) => call.id)).toEqual([id]);
    expect(stderr()).toContain(`vestibule anchor show ${fingerprint} --tenant acme`);
  });

  it('--wait looks until every device has followed', async () => {
    const seen = [sweep, { ...sweep, pass: 2 }, { ...sweep, pass: 2, completedAt: time }];
    const { context, asked, stdout } = fakeContext({
      // the worker has not begun
      revokeAnchor: () => ({ ...anchor, state: 'REVOKED', sweep: null }),
      showAnchor: () => ({ ...anchor, state: 'REVOKED', sweep: seen.shift() ?? sweep }),
    });
    let pauses = 0;
    const pause = async () => {
      pauses += 1;
    };
    await changeAnchor(
      context,
      'revoke',
      fingerprint,
      { tenant, wait: true },
      { patienceMs: 90_000, now: () => 0, pause },
    );
    expect(asked.map(({ id }) => id)).toEqual(['revokeAnchor', 'showAnchor', 'showAnchor', 'showAnchor']);
    expect(pauses).toBe(3);
    expect(stdout()).toContain('2 certificates changed in 2 passes');
  });

  it('--wait says what a second pass waits for', async () => {
    vi.useFakeTimers();
    try {
      const swept = { ...anchor, state: 'REVOKED' as const, sweep: { ...sweep, completedAt: time } };
      const { context, stderr } = fakeContext({ revokeAnchor: () => ({ ...anchor, sweep }), showAnchor: () => swept });
      const pause = () => vi.advanceTimersByTimeAsync(2_000);
      await changeAnchor(
        context,
        'revoke',
        fingerprint,
        { tenant, wait: true },
        { patienceMs: 90_000, now: () => 0, pause },
      );
      expect(stderr()).toMatch(
        /pass 1, 3 looked at.*; no sooner than \d+ s after the change, all are looked at once more …\n/,
      );
    } finally {
      vi.useRealTimers();
    }
  });

  it('--wait gives up on devices that do not follow, and says how far they are', async () => {
    const { context } = fakeContext({
      revokeAnchor: () => ({ ...anchor, state: 'REVOKED', sweep }),
      showAnchor: () => ({ ...anchor, state: 'REVOKED', sweep }),
    });
    let at = 0;
    const pace = {
      patienceMs: 90_000,
      now: () => at,
      pause: async () => {
        at += 60_000;
      },
    };
    const failure = changeAnchor(context, 'revoke', fingerprint, { tenant, wait: true }, pace);
    await expect(failure).rejects.toThrow(Failure);
    await expect(failure).rejects.toMatchObject({
      code: 'NOT_SWEPT_YET',
      message: expect.stringMatching(/REVOKED.*pass 1, 3 looked at/),
    });
    const idle = { ...anchor, state: 'REVOKED' as const, sweep: null };
    const { context: unbegun } = fakeContext({ revokeAnchor: () => idle, showAnchor: () => idle });
    await expect(changeAnchor(unbegun, 'revoke', fingerprint, { tenant, wait: true }, pace)).rejects.toThrow(
      /do not follow: nothing has begun; look again/,
    );
  });

  it('--wait has nothing to wait for where an upload is dropped', async () => {
    const { context, asked, stdout, stderr } = fakeContext({ deleteAnchor: () => upload });
    await changeAnchor(context, 'delete', fingerprint, { tenant, wait: true });
    expect(asked.map(({ id }) => id)).toEqual(['deleteAnchor']);
    expect(stdout()).not.toMatch(/PENDING_VERIFICATION|challenge/);
    expect(stderr()).toBe('the upload is dropped\n');
  });
});

describe('revocation lists', () => {
  const list: CrlView = {
    anchor: fingerprint,
    number: '7',
    thisUpdate: time,
    nextUpdate: null,
    entries: 2,
    revokes: impact.devices,
    releases: [],
    more: false,
  };

  it('what the API finds wrong with a file names the file, and a conflict does not', async () => {
    const path = file('b.crl', 'hello');
    const refused = (status: number) => () => {
      throw new ApiFailure('NOT_A_CRL', 'expected a list', status);
    };
    const messages = [400, 409].map((status) => {
      const { context } = fakeContext({ importCrl: refused(status), uploadAnchor: refused(status) });
      return [
        importCrl(context, path, { tenant, anchor: fingerprint }),
        uploadAnchor(context, path, { tenant, certificateMode: 'SNI_ONLY' }),
      ];
    });
    const failures = await Promise.all(messages.flat().map((each) => each.catch(String)));
    expect(failures.map((each) => String(each).includes(`${path}: expected a list`))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it('a PEM list is sent as it is, a DER one as base64', async () => {
    const { context, asked } = fakeContext({ importCrl: () => list });
    const text = '-----BEGIN X509 CRL-----\nMIIB\n-----END X509 CRL-----\n';
    const der = Buffer.from([0x30, 0x82, 0x01, 0xff]);
    await importCrl(context, file('a.crl.pem', text), { tenant, anchor: fingerprint });
    await importCrl(context, file('a.crl', der), { tenant, anchor: fingerprint });
    expect(asked).toMatchObject([{ body: { crl: text } }, { body: { crl: der.toString('base64') } }]);
  });

  it('--dry-run previews', async () => {
    const { context, asked, stdout, stderr } = fakeContext({ previewCrl: () => list });
    await importCrl(context, file('b.crl', 'x'), { tenant, anchor: fingerprint, dryRun: true });
    expect(asked.map(({ id }) => id)).toEqual(['previewCrl']);
    expect(stdout()).toMatch(/OUT\n.*\nacme_device01/);
    expect(stderr()).toContain('nothing was changed');
  });
});
