import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { certificateId } from '#domain/ids.ts';
import { METRICS_NAMESPACE } from '#names/metrics.ts';
import { lambdaContext, sqsEvent, sqsRecord } from '#support/lambda.ts';
import { CA, eventId, fingerprint } from '#support/onboarding-world.ts';
import { type SweepWorld, sweepWorld } from '#support/sweep-world.ts';

type Handler = typeof import('../../../functions/work-on-trust/handler.ts');

let workOnTrustHandler: Handler['workOnTrustHandler'];
let world: SweepWorld;
const lines: string[] = [];

beforeAll(async () => {
  const names = ['REGISTRY_TABLE', 'EVENT_BUS_NAME', 'PARTITION', 'ACCOUNT_ID', 'TRUST_QUEUE_URL', 'COMMAND_QUEUE_URL'];
  for (const key of [...names, 'TRUSTSTORE_BUCKET']) vi.stubEnv(key, key.toLowerCase());
  for (const key of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(key, 'test');
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  ({ workOnTrustHandler } = await import('../../../functions/work-on-trust/handler.ts'));
});
afterAll(() => vi.unstubAllEnvs());

beforeEach(() => {
  world = sweepWorld();
  lines.length = 0;
});

const handle = (command: object) => {
  const logger = new Logger({ serviceName: 'test' });
  const metrics = new Metrics({ namespace: METRICS_NAMESPACE, serviceName: 'test' });
  const write = (...text: unknown[]) => {
    lines.push(text.map(String).join(' '));
  };
  const sink = { debug: write, error: write, info: write, log: write, trace: write, warn: write };
  // Powertools writes to a console of its own; there is no option to hand one in
  Object.assign(logger, { console: Object.assign(Object.create(console), sink) });
  Object.assign(metrics, { console: Object.assign(Object.create(console), sink) });
  const { rejectedEvents, clock, onboard } = world;
  const parts = { logger, metrics, rejectedEvents, clock, onboard, accountId: '123456789012', work: world.deps() };
  const body = JSON.stringify({ commandId: eventId(1), ...command });
  return workOnTrustHandler(parts)(sqsEvent(sqsRecord(body, 'm')), lambdaContext('work-on-trust'));
};
const told = () => lines.map((line) => JSON.parse(line));

describe('work-on-trust', () => {
  it('V-02: sweeps, tells how far it is, and counts the anchor when it is done', async () => {
    await world.letIn('a', 'b');
    const { version } = await world.act('REVOKED');
    const sweep = { act: 'sweep', anchorId: CA, version, cursor: null };
    expect(await handle({ ...sweep, pass: 1 })).toEqual({ batchItemFailures: [] });
    expect(told()).toMatchObject([
      { message: 'sweep worked on', anchorId: CA, kind: 'again', seen: 2, changed: 2, failed: 0 },
    ]);
    lines.length = 0;
    world.time.now += 60_000;
    await handle({ ...sweep, pass: 2 });
    expect(told()).toMatchObject([{ kind: 'complete', seen: 2 }, { AnchorSwept: 1 }]);
  });

  it('V-02: names each certificate that it could not bring to what is recorded', async () => {
    const [id] = await world.letIn('a');
    vi.spyOn(world.iot.gateway, 'setStatus').mockRejectedValue(new Error('no such luck'));
    const { version } = await world.act('REVOKED');
    await handle({ act: 'sweep', anchorId: CA, version, pass: 1, cursor: null });
    // once where IoT Core lists it, and once more where the registry does
    const failed = { level: 'WARN', act: 'sweep', certificateId: id, error: { message: 'no such luck' } };
    expect(told()).toMatchObject([failed, failed, { kind: 'again', failed: 2 }]);
  });

  it('V-01: names certificates of a revoked CA that somebody registered by hand', async () => {
    const foreign = certificateId(fingerprint(0xf0));
    world.iot.certificates.set(foreign, { pem: 'by hand', anchorId: CA, status: 'ACTIVE', thing: null });
    const { version } = await world.act('REVOKED');
    await handle({ act: 'sweep', anchorId: CA, version, pass: 1, cursor: null });
    expect(told()).toMatchObject([{ level: 'WARN', certificateId: foreign }, { foreign: 1 }]);
  });

  it('V-06: takes the command of the scheduler, which has no cursor and a name of its own', async () => {
    const commandId = 'arn:aws:scheduler:eu-central-1:123456789012:schedule/default/daily/1a2b3c';
    expect(await handle({ act: 'expiry', commandId })).toEqual({ batchItemFailures: [] });
    expect(told()).toMatchObject([{ message: 'expiry worked on', kind: 'complete' }]);
    expect(world.watermark.at).toBe(world.time.now);
  });

  it.each([
    ['an act that there is not', { act: 'revoke', anchorId: CA }],
    ['no pass', { act: 'sweep', anchorId: CA, version: 1, cursor: null }],
    ['a pass before the first', { act: 'sweep', anchorId: CA, version: 1, pass: 0, cursor: null }],
    ['a cursor of another kind', { act: 'sweep', anchorId: CA, version: 1, pass: 1, cursor: 'page 2' }],
    ['no fingerprint of a CA', { act: 'sweep', anchorId: 'CA', version: 1, pass: 1, cursor: null }],
    ['a field too many', { act: 'truststore', tenant: 'acme' }],
  ])('refuses a command with %s, for good and with its reason', async (_, command) => {
    expect(await handle(command)).toEqual({ batchItemFailures: [] });
    expect([...world.rejectedEvents.kept.values()]).toMatchObject([
      { id: eventId(1), code: 'MALFORMED_EVENT', source: 'work-on-trust' },
    ]);
    expect(world.iot.calls).toEqual([]);
  });
});
