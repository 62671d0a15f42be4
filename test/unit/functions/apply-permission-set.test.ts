import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { METRICS_NAMESPACE } from '#names/metrics.ts';
import { lambdaContext, sqsEvent, sqsRecord } from '#support/lambda.ts';
import { ACME, eventId } from '#support/onboarding-world.ts';
import { type OperatorsWorld, operatorsWorld } from '#support/operators-world.ts';
import { OPERATOR } from '#support/ops-api.ts';
import { createUser } from '#usecases/create-user.ts';

type Handler = typeof import('../../../functions/apply-permission-set/handler.ts');

let applyPermissionSetHandler: Handler['applyPermissionSetHandler'];
let all: OperatorsWorld;
let set: string;
const lines: string[] = [];

beforeAll(async () => {
  for (const key of ['REGISTRY_TABLE', 'PARTITION', 'ACCOUNT_ID', 'PERMISSION_SET_QUEUE_URL'])
    vi.stubEnv(key, key.toLowerCase());
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  ({ applyPermissionSetHandler } = await import('../../../functions/apply-permission-set/handler.ts'));
});
afterAll(() => vi.unstubAllEnvs());

beforeEach(async () => {
  all = operatorsWorld();
  const permissions = [{ resource: 'a', operation: 'read', context: 'mqtt', allowRetain: false }];
  await createUser(all.api.deps)(ACME, 'device001', { grantTypes: [], roles: [], permissions }, OPERATOR);
  [set = ''] = all.setsOfUsers();
  const record = all.api.permissionSets.sets.get(`acme/${set}`);
  if (!record) throw new Error('expected the set of the user');
  all.api.permissionSets.sets.set(`acme/${set}`, { ...record, applied: null });
  all.api.iot.length = 0;
  lines.length = 0;
});

const handle = (command: object, receives = 1) => {
  const logger = new Logger({ serviceName: 'test' });
  const metrics = new Metrics({ namespace: METRICS_NAMESPACE, serviceName: 'test' });
  const write = (...text: unknown[]) => {
    lines.push(text.map(String).join(' '));
  };
  const sink = { debug: write, error: write, info: write, log: write, trace: write, warn: write };
  // Powertools writes to a console of its own; there is no option to hand one in
  Object.assign(logger, { console: Object.assign(Object.create(console), sink) });
  Object.assign(metrics, { console: Object.assign(Object.create(console), sink) });
  const body = JSON.stringify({
    act: 'apply',
    tenant: ACME,
    permissionSet: set,
    disconnect: false,
    cursor: null,
    commandId: eventId(1),
    ...command,
  });
  const parts = { ...all.api.deps, logger, metrics, rejectedEvents: all.api.rejectedEvents };
  return applyPermissionSetHandler(parts)(
    sqsEvent(sqsRecord(body, 'm', receives)),
    lambdaContext('apply-permission-set'),
  );
};

describe('apply-permission-set', () => {
  it('does what the command asks for, logs it and counts it', async () => {
    expect(await handle({})).toEqual({ batchItemFailures: [] });
    expect(all.api.iot).toEqual([`ensure ${set}`]);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { message: 'permission set: apply done', tenant: 'acme', permissionSet: set, commandId: eventId(1) },
      { PermissionSetWorkedOn: 1 },
    ]);
  });

  it('has the devices come anew after it applied a set, when that was asked for', async () => {
    all.api.waiting.length = 0;
    await handle({ disconnect: true });
    expect(all.api.iot).toEqual([`ensure ${set}`]);
    expect(all.api.waiting).toMatchObject([{ command: { act: 'disconnect', permissionSet: set, cursor: null } }]);
  });

  it('deletes a set that nobody uses', async () => {
    all.world.users.users.clear();
    all.api.clockForward(600_000);
    await handle({ act: 'collect' });
    expect(all.api.iot).toEqual([`remove ${set}`]);
  });

  it('has a command delivered again that failed', async () => {
    all.api.setGateway.ensure = () => Promise.reject(new Error('away'));
    expect(await handle({})).toEqual({ batchItemFailures: [{ itemIdentifier: 'm' }] });
  });

  it.each([{ act: 'delete' }, { tenant: 'a_b' }, { disconnect: 'true' }, { commandId: 'c' }, { more: 1 }])(
    'keeps what is no command, and touches nothing: %j',
    async (command) => {
      expect(await handle(command)).toEqual({ batchItemFailures: [] });
      expect([...all.api.rejectedEvents.kept.values()]).toMatchObject([
        { code: 'MALFORMED_EVENT', source: 'apply-permission-set' },
      ]);
      expect(all.api.iot).toEqual([]);
    },
  );
});
