import { readFileSync } from 'node:fs';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import type { SQSRecord } from 'aws-lambda';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { certificateId } from '#domain/ids.ts';
import { METRIC, METRICS_NAMESPACE } from '#names/metrics.ts';
import { MAX_RECEIVE_COUNT } from '#names/timing.ts';
import { lambdaContext, sqsEvent, sqsRecord } from '#support/lambda.ts';
import { aUser, eventId, fingerprint, type OnboardingWorld, onboardingWorld } from '#support/onboarding-world.ts';
import { onboardCertificate } from '#usecases/onboard-certificate.ts';

const ACCOUNT = '123456789012';

type Functions = typeof import('../../../functions/onboard-device/handler.ts') &
  typeof import('../../../functions/converge-certificate/handler.ts') &
  typeof import('../../../functions/record-presence/handler.ts');

let functions: Functions;
let world: OnboardingWorld;
let parts: Parameters<Functions['onboardDeviceHandler']>[0];
/** every line that the function writes, logs and metrics alike */
let lines: string[];

beforeAll(async () => {
  for (const key of ['REGISTRY_TABLE', 'EVENT_BUS_NAME', 'COMMAND_QUEUE_URL', 'PARTITION'])
    vi.stubEnv(key, key.toLowerCase());
  vi.stubEnv('ACCOUNT_ID', ACCOUNT);
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  functions = {
    ...(await import('../../../functions/onboard-device/handler.ts')),
    ...(await import('../../../functions/converge-certificate/handler.ts')),
    ...(await import('../../../functions/record-presence/handler.ts')),
  };
});
afterAll(() => vi.unstubAllEnvs());

const captured = (logger: Logger, metrics: Metrics, into: string[]) => {
  const write = (...text: unknown[]) => {
    into.push(text.map(String).join(' '));
  };
  const sink = { debug: write, error: write, info: write, log: write, trace: write, warn: write };
  // Powertools writes to a console of its own; there is no option to hand one in
  Object.assign(logger, { console: Object.assign(Object.create(console), sink) });
  Object.assign(metrics, { console: Object.assign(Object.create(console), sink) });
};

beforeEach(() => {
  world = onboardingWorld();
  lines = [];
  const logger = new Logger({ serviceName: 'test', logLevel: 'DEBUG' });
  const metrics = new Metrics({ namespace: METRICS_NAMESPACE, serviceName: 'test' });
  captured(logger, metrics, lines);
  const { onboard, rejectedEvents, clock } = world;
  parts = { logger, metrics, onboard, rejectedEvents, clock, accountId: ACCOUNT };
});
afterEach(() => vi.restoreAllMocks());

const jitr = (id: string, changes: object = {}): string =>
  JSON.stringify({
    certificateId: id,
    caCertificateId: fingerprint(0xca),
    timestamp: world.time.now,
    certificateStatus: 'PENDING_ACTIVATION',
    awsAccountId: ACCOUNT,
    certificateRegistrationTimestamp: null,
    clientId: 'device01',
    caFromTopic: fingerprint(0xca),
    eventId: eventId(1),
    ...changes,
  });

const onboard = (...records: readonly SQSRecord[]) =>
  functions.onboardDeviceHandler(parts)(sqsEvent(...records), lambdaContext('onboard-device'));

const counted = (): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const line of lines.filter((text) => text.includes('"_aws"')))
    for (const name of Object.values(METRIC)) {
      const value: unknown = JSON.parse(line)[name];
      for (const one of [value].flat()) if (typeof one === 'number') counts[name] = (counts[name] ?? 0) + one;
    }
  return counts;
};

describe('onboard-device', () => {
  it('onboards, counts and says what it decided', async () => {
    const id = world.device('device01');

    expect(await onboard(sqsRecord(jitr(id)))).toEqual({ batchItemFailures: [] });

    expect(world.state(id)).toBe('ACTIVE');
    expect(counted()).toEqual({ DeviceOnboarded: 1 });
    const told = lines.find((line) => line.includes('"device.onboarded"'));
    expect(told && JSON.parse(told)).toMatchObject({
      level: 'INFO',
      message: 'device.onboarded',
      certificateId: id,
      owner: eventId(1),
      tenant: 'acme',
      clientId: 'acme_device01',
      state: 'ACTIVE',
      function_request_id: '11111111-2222-4333-8444-555555555555',
    });
  });

  it('J-09: counts no failure when one event comes ten times in a batch', async () => {
    const id = world.device('device01');
    const batch = Array.from({ length: 10 }, (_, n) => sqsRecord(jitr(id, { eventId: eventId(n) }), `message-${n}`));

    expect(await onboard(...batch)).toEqual({ batchItemFailures: [] });

    expect(counted()).toEqual({ DeviceOnboarded: 1, RepeatEvent: 9 });
  });

  it('counts a device that comes long after it was let in as a sign of drift', async () => {
    const id = world.device('device01');
    await onboard(sqsRecord(jitr(id)));
    world.time.now += 3_600_000;

    await onboard(sqsRecord(jitr(id, { eventId: eventId(2) })));

    expect(counted()).toMatchObject({ RepeatEvent: 1, DriftSuspected: 1 });
  });

  it('has only the messages that failed delivered again', async () => {
    const good = world.device('device01');

    const answer = await onboard(
      sqsRecord(jitr(fingerprint(0xbad)), 'of a certificate nobody knows'),
      sqsRecord(jitr(good, { eventId: eventId(2) }), 'good'),
    );

    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'of a certificate nobody knows' }] });
    expect(world.state(good)).toBe('ACTIVE');
    expect(counted()).toEqual({ DeviceOnboarded: 1, EventFailed: 1 });
    expect(world.rejectedEvents.kept.size).toBe(0);
  });

  it('answers with every message when all failed, and does not itself fail', async () => {
    expect(await onboard(sqsRecord(jitr(fingerprint(0xbad)), 'a'), sqsRecord(jitr(fingerprint(0xbae)), 'b'))).toEqual({
      batchItemFailures: [{ itemIdentifier: 'a' }, { itemIdentifier: 'b' }],
    });
  });

  it('J-13: keeps the reason at the last delivery, and still fails, so that the dead-letter queue has the message', async () => {
    const body = jitr(fingerprint(0xbad));

    expect(await onboard(sqsRecord(body, 'm', MAX_RECEIVE_COUNT - 1))).toMatchObject({
      batchItemFailures: [{ itemIdentifier: 'm' }],
    });
    expect(world.rejectedEvents.kept.size).toBe(0);
    expect(await onboard(sqsRecord(body, 'm', MAX_RECEIVE_COUNT))).toMatchObject({
      batchItemFailures: [{ itemIdentifier: 'm' }],
    });

    expect([...world.rejectedEvents.kept.values()]).toEqual([
      {
        id: eventId(1),
        at: world.time.now,
        source: 'onboard-device',
        code: 'CERTIFICATE_NOT_FOUND',
        reason: expect.stringContaining('IoT Core has no certificate'),
        body,
      },
    ]);
  });

  it('J-13: keeps a failure that has no code of its own as exhausted attempts', async () => {
    const failing = onboardCertificate({
      ...world.ports,
      iot: { ...world.ports.iot, describe: () => Promise.reject(new Error('iot:DescribeCertificate is down')) },
    });
    parts = { ...parts, onboard: failing };

    await onboard(sqsRecord(jitr(world.device('device01')), 'm', MAX_RECEIVE_COUNT));

    expect(world.rejectedEvents.kept.get(eventId(1))).toMatchObject({
      code: 'ATTEMPTS_EXHAUSTED',
      reason: 'iot:DescribeCertificate is down',
    });
  });

  it.each([
    ['is not JSON', 'first connect', 'expected JSON, got first connect'],
    ['is JSON of something else', '"text"', 'Expected Object'],
    ['is null', 'null', 'Expected Object'],
    ['lacks fields', JSON.stringify({ eventId: eventId(1) }), 'certificateId: Invalid key'],
  ])('keeps a message that %s with its reason, and has it delivered no more', async (_, body, reason) => {
    expect(await onboard(sqsRecord(body, 'm'))).toEqual({ batchItemFailures: [] });

    const [kept, ...more] = world.rejectedEvents.kept.values();
    expect(more).toEqual([]);
    expect(kept).toMatchObject({ code: 'MALFORMED_EVENT', source: 'onboard-device', body });
    expect(kept?.reason).toContain(reason);
    expect(kept?.id).toBe(body.includes('eventId') ? eventId(1) : 'm');
    expect(counted()).toEqual({ EventRejected: 1 });
    expect(world.iot.calls).toEqual([]);
  });

  it.each(['jitr-event/malformed-no-certificate-id', 'jitr-event/malformed-array', 'presence-event/connected'])(
    'keeps the sample %s as malformed',
    async (sample) => {
      const body = readFileSync(new URL(`../../../events/samples/${sample}.json`, import.meta.url), 'utf8');

      expect(await onboard(sqsRecord(body))).toEqual({ batchItemFailures: [] });

      expect([...world.rejectedEvents.kept.values()]).toMatchObject([{ code: 'MALFORMED_EVENT', body }]);
    },
  );

  it('keeps an event of another account, and touches nothing', async () => {
    const id = world.device('device01');

    expect(await onboard(sqsRecord(jitr(id, { awsAccountId: 999_999_999_999 })))).toEqual({ batchItemFailures: [] });

    expect(world.rejectedEvents.kept.get(eventId(1))).toMatchObject({
      code: 'FOREIGN_ACCOUNT',
      reason: 'expected an event of account 123456789012, got 999999999999',
    });
    expect(world.certificates.records.size).toBe(0);
  });

  it('keeps an event of a certificate that somebody else activated', async () => {
    const id = world.device('device01');
    const certificate = world.iot.certificates.get(id);
    if (certificate) certificate.status = 'ACTIVE';

    expect(await onboard(sqsRecord(jitr(id)))).toEqual({ batchItemFailures: [] });

    expect(world.rejectedEvents.kept.get(eventId(1))).toMatchObject({ code: 'UNEXPECTED_STATUS' });
  });

  it('has a message delivered again when its reason could not be kept', async () => {
    const rejectedEvents = { ...world.rejectedEvents, keep: () => Promise.reject(new Error('the table is away')) };
    parts = { ...parts, rejectedEvents };

    expect(await onboard(sqsRecord('no event', 'm'))).toEqual({ batchItemFailures: [{ itemIdentifier: 'm' }] });
  });

  it('has a message delivered again when a record is corrupt, for the record can be mended', async () => {
    const { PermanentError } = await import('#domain/errors.ts');
    parts = {
      ...parts,
      onboard: () => Promise.reject(new PermanentError('CORRUPT_ITEM', 'item CERT#1 has no version')),
    };

    expect(await onboard(sqsRecord(jitr(fingerprint(1)), 'm', MAX_RECEIVE_COUNT))).toMatchObject({
      batchItemFailures: [{ itemIdentifier: 'm' }],
    });
    expect(world.rejectedEvents.kept.get(eventId(1))).toMatchObject({ code: 'ATTEMPTS_EXHAUSTED' });
  });

  it('R-06: keeps no PEM and no endless body, and logs no body at all', async () => {
    const secret = `-----BEGIN PRIVATE KEY-----\n${'QUJD'.repeat(20)}\n-----END PRIVATE KEY-----`;
    const body = `${secret} ${'x'.repeat(10_000)}`;

    await onboard(sqsRecord(body, 'm'));

    const kept = world.rejectedEvents.kept.get('m');
    expect(kept?.body).toMatch(/^\[PEM removed\] x+$/);
    expect(kept?.body).toHaveLength(4_096);
    expect(JSON.stringify([kept, lines])).not.toContain('QUJD');
    expect(lines.join('\n')).not.toContain('x'.repeat(100));
  });

  it('R-06: keeps no PEM that was cut off', async () => {
    await onboard(sqsRecord('{"certificatePem": "-----BEGIN CERTIFICATE-----\\nQUJD', 'm'));

    expect(JSON.stringify([...world.rejectedEvents.kept.values(), lines])).not.toContain('QUJD');
  });
});

describe('converge-certificate', () => {
  const converge = (body: object, receives = 1) =>
    functions.convergeCertificateHandler(parts)(
      sqsEvent(sqsRecord(JSON.stringify(body), 'm', receives)),
      lambdaContext('converge-certificate'),
    );

  it('applies what an operator changed', async () => {
    const id = world.device('a b');
    await world.onboard(world.came(id));
    await world.say(id, 'retry');

    expect(await converge({ certificateId: id, commandId: eventId(9) })).toEqual({ batchItemFailures: [] });

    expect(counted()).toEqual({ DeviceRejected: 1 });
    expect(world.record(id).settled).toBe(true);
  });

  it('U-03: counts what becomes of a device whose user changes', async () => {
    world.askForUsers();
    world.setUser(aUser('device01'));
    const id = world.device('device01');
    await world.onboard(world.came(id));
    const moved = aUser('device01', { composition: '0123456789abcdef' });

    for (const [command, user] of [moved, null, moved].entries()) {
      await world.changeUser('device01', user);
      expect(await converge({ certificateId: id, commandId: eventId(command) })).toEqual({ batchItemFailures: [] });
    }

    expect(counted()).toEqual({ DeviceFollowedUser: 1, DeviceSuspended: 1, DeviceResumed: 1 });
    const told = lines.find((line) => line.includes('follows its user'));
    expect(told && JSON.parse(told)).toMatchObject({
      certificateId: id,
      owner: eventId(0),
      tenant: 'acme',
      clientId: 'device01',
      state: 'ACTIVE',
      permissionSet: 'acme.connectware.0123456789abcdef',
    });
  });

  it('has a command delivered again while an event holds the lease', async () => {
    const id = world.device('device01');
    await world.certificates.claim(id, { owner: eventId(1), now: world.time.now, until: world.time.now + 30_000 });

    expect(await converge({ certificateId: id, commandId: eventId(9) })).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm' }],
    });
  });

  it('keeps a message that is no command under the id of the command', async () => {
    await converge({ certificateId: 'device01', commandId: eventId(9) });

    expect(world.rejectedEvents.kept.get(eventId(9))).toMatchObject({
      code: 'MALFORMED_EVENT',
      source: 'converge-certificate',
    });
  });
});

describe('record-presence', () => {
  const present = (sample: string) =>
    functions.recordPresenceHandler({ ...world.presencePorts, ...parts })(
      sqsEvent(sqsRecord(sampleOf(sample))),
      lambdaContext('record-presence'),
    );
  const sampleOf = (sample: string): string =>
    readFileSync(new URL(`../../../events/samples/presence-event/${sample}.json`, import.meta.url), 'utf8');

  beforeEach(async () => {
    // the samples are of this certificate
    const id = certificateId(JSON.parse(sampleOf('connected')).principalIdentifier);
    const made = world.device('device01');
    await world.onboard(world.came(made));
    world.certificates.records.set(id, { ...world.record(made), id });
  });

  it.each([
    ['connected', METRIC.presenceRecorded],
    ['disconnected', METRIC.presenceRecorded],
    ['disconnected-for-a-new-reason', METRIC.presenceRecorded],
    ['disconnected-by-takeover', METRIC.duplicateSession],
    ['wrong-client-id', METRIC.clientIdMismatch],
    ['session-of-a-person', METRIC.presenceIgnored],
    ['malformed-no-version-number', METRIC.eventRejected],
    ['malformed-kind', METRIC.eventRejected],
  ])('counts the sample %s as %s', async (sample, metric) => {
    expect(await present(sample)).toEqual({ batchItemFailures: [] });

    expect(counted()).toEqual({ [metric]: 1 });
  });

  it('V-04: counts a session of a barred certificate that it ends', async () => {
    const id = certificateId(JSON.parse(sampleOf('connected')).principalIdentifier);
    world.certificates.records.set(id, { ...world.record(id), causes: ['OPERATOR'] });

    await present('connected');

    expect(counted()).toEqual({ BarredSessionCut: 1 });
    expect(world.iot.calls.at(-1)).toBe('DeleteConnection');
  });

  it('N-10: records the id that was tried', async () => {
    await present('wrong-client-id');

    expect(world.devices.devices.get('acme_device01')?.mismatch).toMatchObject({ tried: 'device01', count: 1 });
  });
});

describe('a function whose stack forgot a setting', () => {
  it('says at its start which', async () => {
    const { readEnv } = await import('#runtime/env.ts');
    vi.stubEnv('REGISTRY_TABLE', '');
    vi.stubEnv('COMMAND_QUEUE_URL', '');

    expect(() => readEnv('REGISTRY_TABLE', 'ACCOUNT_ID', 'COMMAND_QUEUE_URL')).toThrow(
      'environment of the function lacks REGISTRY_TABLE, COMMAND_QUEUE_URL: the onboarding stack sets it',
    );
    vi.stubEnv('REGISTRY_TABLE', 'registry_table');
    vi.stubEnv('COMMAND_QUEUE_URL', 'command_queue_url');
  });
});
