// vestibule device: what the verbs send and say, and what their previews show.

import { describe, expect, it } from 'vitest';
import { ApiFailure } from '#cli/api-client.ts';
import { listBlocked, showDevice, steerDevice, type Verb } from '#cli/commands/device.ts';
import { run } from '#cli/program.ts';
import type { DeviceView } from '#contracts/ops-api.ts';
import { capturedStream } from '#support/command-line.ts';
import { type Answers, fakeContext } from '#support/fake-api.ts';

const fingerprint = (digit: string) => digit.repeat(64);
const [one, two, three, four] = ['1', '2', '3', '4'].map(fingerprint) as [string, string, string, string];
const AT = '2026-01-31T12:00:00.000Z';
const NAME = 'acme_device01';

const certificate = (id: string, changes: Partial<DeviceView['certificates'][number]> = {}) => ({
  fingerprint: id,
  tenant: 'acme',
  anchor: fingerprint('a'),
  state: 'ACTIVE' as const,
  reason: null,
  seen: null,
  advice: null,
  causes: [],
  subject: 'CN=device01',
  validTo: AT,
  firstSeenAt: AT,
  decidedAt: AT,
  history: [],
  ...changes,
});
/** A device with its newest certificate, the former one, one beside it, and one that was turned away. */
const device = (changes: Partial<DeviceView> = {}): DeviceView => ({
  clientId: NAME,
  tenant: 'acme',
  state: 'ACTIVE',
  reason: null,
  seen: null,
  advice: null,
  thingName: NAME,
  permissionSet: 'acme.eu1',
  user: null,
  causes: [],
  current: one,
  former: { fingerprint: two, until: AT },
  others: [three],
  certificates: [certificate(one), certificate(two), certificate(three), certificate(four, { state: 'REJECTED' })],
  presence: { connected: true, certificate: two, at: AT, ip: '192.0.2.1', disconnectReason: null },
  mismatch: null,
  ...changes,
});

describe('verbs', () => {
  const VERBS: readonly [Verb, RegExp][] = [
    ['approve', /approved/],
    ['reject', /rejected/],
    ['retry', /will be decided again/],
    ['suspend', /suspended until it is resumed/],
    ['resume', /resumed/],
    ['revoke', /revoked for good/],
    ['block', /blocked until it is unblocked/],
    ['unblock', /unblocked/],
  ];

  it.each(VERBS)('V-04: %s asks the route of any tenant, or of the one that is named', async (verb, words) => {
    const accepted = { fingerprint: one, clientId: NAME, accepted: verb };
    const answers: Answers = { [`${verb}Device`]: () => accepted, [`${verb}TenantDevice`]: () => accepted };
    const { context, asked, stdout, stderr } = fakeContext(answers);
    await steerDevice(context, verb, NAME, {});
    await steerDevice(context, verb, NAME, { tenant: 'acme' });
    expect(asked).toMatchObject([
      { id: `${verb}Device`, params: { device: NAME } },
      { id: `${verb}TenantDevice`, params: { tenant: 'acme', device: NAME } },
    ]);
    expect(stdout()).toMatch(words);
    expect(stderr()).toContain(`see: vestibule device show ${one}`);
  });

  it('V-04: revoke says that it is final and how the device may come back', async () => {
    const { context, stderr } = fakeContext({
      revokeDevice: () => ({ fingerprint: one, clientId: NAME, accepted: 'revoke' }),
      suspendDevice: () => ({ fingerprint: one, clientId: NAME, accepted: 'suspend' }),
    });
    await steerDevice(context, 'suspend', NAME, {});
    expect(stderr()).not.toContain('new certificate');
    await steerDevice(context, 'revoke', NAME, {});
    expect(stderr()).toContain('to let the device in again, give it a new certificate, and approve that');
  });

  it('X-10: of a fingerprint that never came there is nothing to show but the list', async () => {
    const { context, stderr } = fakeContext({
      blockTenantDevice: () => ({ fingerprint: one, clientId: null, accepted: 'block' }),
    });
    await steerDevice(context, 'block', one, { tenant: 'acme' });
    expect(stderr()).toContain('see: vestibule device blocked --tenant acme');
    expect(stderr()).not.toContain('device show');
  });

  it('as JSON is what the API answers, on one route, with nothing else on stderr', async () => {
    const accepted = { fingerprint: one, clientId: NAME, accepted: 'suspend' } as const;
    const { context, stdout, stderr } = fakeContext({ suspendDevice: () => accepted }, true);
    await steerDevice(context, 'suspend', NAME, {});
    expect(JSON.parse(stdout())).toEqual(accepted);
    expect(stderr()).toBe('');
  });
});

describe('--dry-run', () => {
  const rows = (text: string) => text.split('\n').filter((line) => / {2}(now|no) +/.test(line));

  it.each([
    ['suspend', 'would be kept out until it is resumed'],
    ['revoke', 'would be kept out for good'],
    ['block', 'would be kept out until it is unblocked'],
  ] as const)(
    'of %s shows the certificates of the device with their sessions, and changes nothing',
    async (verb, words) => {
      const { context, asked, stdout, stderr } = fakeContext({ showDevice: () => device() });
      await steerDevice(context, verb, NAME, { dryRun: true });
      expect(asked.map(({ id }) => id)).toEqual(['showDevice']);
      expect(stdout()).toMatch(/state +ACTIVE\n.*connected since 2026-01-31 12:00:00Z from 192.0.2.1/);
      const [first, second, third, ...more] = rows(stdout());
      expect(first).toMatch(new RegExp(`ACTIVE +no +- +- +${one}`));
      expect(second).toMatch(new RegExp(`ACTIVE +now +192.0.2.1 +2026-01-31 12:00:00Z +${two}`));
      expect(third).toContain(three);
      expect(more).toEqual([]);
      expect(stderr()).toContain(`${NAME} ${words}, and its session would end; nothing was changed`);
    },
  );

  it('by the fingerprint of the newest certificate looks at the whole device', async () => {
    const { context, asked, stdout } = fakeContext({
      showTenantDevice: ({ params }) =>
        params['device'] === NAME ? device() : device({ certificates: [certificate(one)] }),
    });
    await steerDevice(context, 'revoke', one, { tenant: 'acme', dryRun: true });
    expect(asked.map(({ params }) => params)).toEqual([
      { tenant: 'acme', device: one },
      { tenant: 'acme', device: NAME },
    ]);
    expect(rows(stdout())).toHaveLength(3);
  });

  it('J-11: of revoke by the fingerprint of another certificate is about that alone', async () => {
    const { context, asked, stdout, stderr } = fakeContext({
      showDevice: () => device({ certificates: [certificate(three)] }),
    });
    await steerDevice(context, 'revoke', three, { dryRun: true });
    expect(asked).toHaveLength(1);
    expect(rows(stdout())).toEqual([expect.stringContaining(three)]);
    expect(stderr()).toContain(`${three} would be kept out for good; nothing was changed`);
  });

  it('says what bars the device already, and that it was never seen', async () => {
    const { context, stdout, stderr } = fakeContext({
      showDevice: () => device({ causes: ['OPERATOR', 'BLOCKED'], state: 'SUSPENDED', presence: null }),
    });
    await steerDevice(context, 'revoke', NAME, { dryRun: true });
    expect(stdout()).toMatch(/barred by +OPERATOR, BLOCKED\nsession +never seen/);
    expect(stderr()).not.toContain('session would end');
  });

  it('as JSON is the device', async () => {
    const { context, stdout } = fakeContext({ showDevice: () => device() }, true);
    await steerDevice(context, 'suspend', NAME, { dryRun: true });
    expect(JSON.parse(stdout())).toEqual(device());
  });

  it('X-10: of block says so when no certificate has the fingerprint; other verbs and failures are what they are', async () => {
    const failing = (code: string): Answers => {
      const fail = () => {
        throw new ApiFailure(code, 'why', 404);
      };
      return { showTenantDevice: fail, showDevice: fail };
    };
    const unseen = fakeContext(failing('DEVICE_UNKNOWN'));
    await steerDevice(unseen.context, 'block', one, { tenant: 'acme', dryRun: true });
    expect(unseen.stdout()).toContain(`${one}: no certificate of acme has it`);
    expect(unseen.stderr()).toContain('one that comes with it would be turned away; nothing was changed');

    for (const [verb, options, code] of [
      ['block', {}, 'DEVICE_UNKNOWN'],
      ['suspend', { tenant: 'acme' }, 'DEVICE_UNKNOWN'],
      ['block', { tenant: 'acme' }, 'ACCESS_DENIED'],
    ] as const) {
      const { context } = fakeContext(failing(code));
      await expect(steerDevice(context, verb, one, { ...options, dryRun: true })).rejects.toMatchObject({ code });
    }
  });
});

describe('show', () => {
  it('J-11: says what each certificate is to the device, and what bars it', async () => {
    const { context, stdout } = fakeContext({
      showDevice: () => device({ causes: ['OPERATOR'], state: 'SUSPENDED', advice: 'resume the device' }),
    });
    await showDevice(context, NAME, {});
    for (const text of [
      /barred by +OPERATOR/,
      /to do +resume the device/,
      new RegExp(`${one}\n {2}used +the newest\n`),
      new RegExp(`${two}\n {2}used +the former one, until the newest connects or 2026-01-31 12:00:00Z\n`),
      new RegExp(`${three}\n {2}used +beside the newest\n`),
      new RegExp(`${four}\n {2}state +REJECTED\n`),
    ])
      expect(stdout()).toMatch(text);
  });

  it('V-04: each certificate that is held or turned away has its own advice, where there are several', async () => {
    const held = certificate(four, { state: 'HELD', reason: 'DEVICE_BARRED', seen: 'REVOKED', advice: 'approve it' });
    const out = certificate(one, { state: 'REVOKED', advice: 'approve its new certificate' });
    const { context, stdout } = fakeContext({ showDevice: () => device({ certificates: [out, held] }) });
    await showDevice(context, NAME, {});
    expect(stdout()).toMatch(/ {2}seen +REVOKED\n {2}to do +approve it\n/);
    expect(stdout().match(/ {2}to do/g)).toHaveLength(1);
    const alone = fakeContext({ showDevice: () => device({ certificates: [held], advice: 'approve it' }) });
    await showDevice(alone.context, NAME, {});
    expect(alone.stdout()).not.toMatch(/^ {2}to do/m);
  });

  it('of a device with one certificate says nothing of others; a newest one that is not in yet ends no time', async () => {
    const alone = fakeContext({
      showDevice: () => device({ former: null, others: [], certificates: [certificate(one)] }),
    });
    await showDevice(alone.context, NAME, {});
    expect(alone.stdout()).not.toContain('used');
    const waiting = fakeContext({ showDevice: () => device({ former: { fingerprint: two, until: null } }) });
    await showDevice(waiting.context, NAME, {});
    expect(waiting.stdout()).toContain('the former one, until the newest is let in');
    const revoked = [certificate(one), certificate(two, { state: 'REVOKED' })];
    const out = fakeContext({ showDevice: () => device({ certificates: revoked }) });
    await showDevice(out.context, NAME, {});
    expect(out.stdout()).toMatch(/ {2}used +the former one\n/);
  });
});

describe('blocked', () => {
  it('X-10: lists fingerprints with since when and by whom, or says that there is none', async () => {
    const lists: NonNullable<Answers['listBlocked']>[] = [
      () => ({ blocked: [{ fingerprint: one, at: AT, by: 'arn:aws:iam::123456789012:user/op' }], cursor: null }),
      () => ({ blocked: [], cursor: null }),
    ];
    const texts: string[] = [];
    for (const listBlockedAnswer of lists) {
      const { context, asked, stdout } = fakeContext({ listBlocked: listBlockedAnswer });
      await listBlocked(context, { tenant: 'acme' });
      expect(asked).toMatchObject([{ id: 'listBlocked', params: { tenant: 'acme' } }]);
      texts.push(stdout());
    }
    expect(texts[0]).toMatch(new RegExp(`${one} +2026-01-31 12:00:00Z +arn:aws:iam`));
    expect(texts[1]).toContain('acme has blocked no certificate');
  });
});

describe('grammar', () => {
  const usage = async (...args: string[]) => {
    const [stdout, stderr] = [capturedStream(), capturedStream()];
    const exitCode = await run(args, { stdout: stdout.stream, stderr: stderr.stream, env: {} });
    return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
  };

  it.each(['suspend', 'resume', 'revoke', 'block', 'unblock'])(
    'device %s has a help that says what it does',
    async (verb) => {
      const { exitCode, stdout } = await usage('device', verb, '--help');
      expect(exitCode).toBe(0);
      expect(stdout).toContain(`Usage: vestibule device ${verb} [options] <device>`);
      expect(stdout.includes('--dry-run')).toBe(['suspend', 'revoke', 'block'].includes(verb));
    },
  );

  it.each([
    [['tenant', 'set', 'acme', '--anchor-limit', '0'], 'Expected a number from 1 to 100'],
    [['tenant', 'set', 'acme', '--renewal', 'never'], 'Allowed choices are replace, coexist, approve, refuse'],
    [['tenant', 'set', 'acme', '--second-session', 'x'], 'Allowed choices are take-over, refuse-new'],
    [['device', 'blocked'], "required option '--tenant <tenant>' not specified"],
    [['device', 'resume', NAME, '--dry-run'], "unknown option '--dry-run'"],
  ])('%j is a wrong command line: it says what was expected', async (args, words) => {
    const { exitCode, stderr } = await usage(...args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(words);
  });
});
