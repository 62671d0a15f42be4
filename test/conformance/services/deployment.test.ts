// A deployment of its own template: what happens to what runs when it stops.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { expect, it, onTestFinished } from 'vitest';
import { openDataFolder } from '#local/data-folder.ts';
import { startDeployment } from '#local/deployment.ts';
import { startServices } from '#local/services.ts';
import { createSystemLog } from '#local/system-log.ts';

it('stops without waiting for an invocation that hangs', async () => {
  const code = await mkdtemp(join(tmpdir(), 'vestibule-code-'));
  onTestFinished(() => rm(code, { recursive: true }));
  const handler = 'export const handler = async () => { console.log("here"); await new Promise(() => {}); };';
  await writeFile(join(code, 'index.mjs'), handler);
  const folder = await openDataFolder(null);
  onTestFinished(() => folder.close());
  const log = createSystemLog(() => {});
  const services = await startServices({ folder, clock: Date.now, mqttPort: 0, awsPort: 0, quotas: false, log });
  onTestFinished(() => services.stop());
  const template = {
    Resources: {
      Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'work' } },
      Fn: {
        Type: 'AWS::Lambda::Function',
        Properties: {
          Runtime: 'nodejs24.x',
          Handler: 'index.handler',
          Role: 'role',
          Timeout: 900,
          Code: { S3Bucket: 'assets', S3Key: 'code.zip' },
        },
      },
      Mapping: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: { EventSourceArn: { 'Fn::GetAtt': ['Queue', 'Arn'] }, FunctionName: { Ref: 'Fn' } },
      },
    },
    Outputs: { Queue: { Value: { Ref: 'Queue' } } },
  };
  const deployment = await startDeployment({
    services,
    assembly: { stacks: [{ name: 'Hanging', template }], assets: new Map([['code.zip', code]]) },
    apiPort: 0,
    clock: null,
    log,
  });
  const QueueUrl = deployment.outputs.get('Hanging')?.get('Queue');
  await services.queues.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }));
  await expect.poll(() => log.lines().map(({ text }) => text), { timeout: 15_000 }).toContain('here');

  // else the test runs into its own time limit, long before the function's
  await deployment.stop();

  expect(deployment.functions.all().map((runner) => runner.invocations())).toEqual([1]);
});
