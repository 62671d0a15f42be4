// A domain configuration of a template with its function: whom the broker of the whole system asks, and what that needs.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDataFolder } from '#local/data-folder.ts';
import { startDeployment } from '#local/deployment.ts';
import { ACCOUNT, startServices } from '#local/services.ts';
import { createSystemLog } from '#local/system-log.ts';
import type { JsonObject } from '#local/template/intrinsics.ts';
import { issueDevice, makeTenantCa } from '#support/certificates.ts';
import { refusedConnect } from '#support/mqtt-device.ts';

const HANDLER = `export const handler = async ({ clientCertificateChain }) => {
  console.log('asked about', clientCertificateChain.length);
  return { isAuthenticated: true };
};`;
const PERMISSION = {
  Type: 'AWS::Lambda::Permission',
  Properties: {
    Action: 'lambda:InvokeFunction',
    FunctionName: { Ref: 'Fn' },
    Principal: 'iot.amazonaws.com',
    SourceArn: { 'Fn::GetAtt': ['Gate', 'Arn'] },
    SourceAccount: ACCOUNT.accountId,
  },
};
const GATE = {
  ServiceType: 'DATA',
  AuthenticationType: 'AWS_X509',
  ApplicationProtocol: 'SECURE_MQTT',
  ClientCertificateConfig: { ClientCertificateCallbackArn: { 'Fn::GetAtt': ['Fn', 'Arn'] } },
};

const aSystem = async (gate: JsonObject, more: JsonObject = {}) => {
  const code = await mkdtemp(join(tmpdir(), 'vestibule-code-'));
  onTestFinished(() => rm(code, { recursive: true }));
  await writeFile(join(code, 'index.mjs'), HANDLER);
  const folder = await openDataFolder(null);
  onTestFinished(() => folder.close());
  const log = createSystemLog(() => {});
  const services = await startServices({ folder, clock: Date.now, mqttPort: 0, awsPort: 0, quotas: false, log });
  onTestFinished(() => services.stop());
  const Fn = {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Role: 'role',
      Timeout: 5,
      Code: { S3Bucket: 'assets', S3Key: 'code.zip' },
    },
  };
  const template = {
    Resources: { Fn, Gate: { Type: 'AWS::IoT::DomainConfiguration', Properties: gate }, ...more },
    Outputs: { Name: { Value: { Ref: 'Gate' } }, Arn: { Value: { 'Fn::GetAtt': ['Gate', 'Arn'] } } },
  };
  const deployment = await startDeployment({
    services,
    assembly: { stacks: [{ name: 'Gated', template }], assets: new Map([['code.zip', code]]) },
    apiPort: 0,
    clock: null,
    log,
  });
  onTestFinished(() => deployment.stop());
  const ca = makeTenantCa();
  services.state.cas.set(ca.id, {
    id: ca.id,
    pem: ca.pem,
    mode: 'SNI_ONLY',
    status: 'ACTIVE',
    autoRegistration: 'ENABLE',
    tags: {},
    createdAt: 0,
    lastModifiedAt: 0,
  });
  /** @returns whether the certificate of a new device came to be registered */
  const registers = async (): Promise<boolean> => {
    const device = issueDevice(ca, { cn: 'device01' });
    await refusedConnect({
      port: services.broker.port,
      ca: services.serverCa,
      cert: device.chainPem,
      key: device.keyPem,
      clientId: 'device01',
    });
    return services.state.certificates.has(device.id);
  };
  return { registers, outputs: deployment.outputs.get('Gated'), log: () => log.lines().map(({ text }) => text) };
};

describe('AWS::IoT::DomainConfiguration', () => {
  it('A11: has its function asked about each connection, which goes on when it says so', async () => {
    const system = await aSystem(GATE, { PERMISSION });

    expect(await system.registers()).toBe(true);

    expect(system.log()).toContain('asked about 2');
    const arn = `arn:aws:iot:${ACCOUNT.region}:${ACCOUNT.accountId}:domainconfiguration/${system.outputs?.get('Name')}/`;
    expect(system.outputs?.get('Arn')).toMatch(new RegExp(`^${arn}[a-z0-9]+$`));
  });

  it.each<readonly [what: string, more: JsonObject]>([
    ['no permission', {}],
    [
      'a permission for another source',
      {
        PERMISSION: {
          ...PERMISSION,
          Properties: {
            ...PERMISSION.Properties,
            SourceArn: `arn:aws:iot:${ACCOUNT.region}:${ACCOUNT.accountId}:domainconfiguration/another/1`,
          },
        },
      },
    ],
    [
      'a permission for another service',
      { PERMISSION: { ...PERMISSION, Properties: { ...PERMISSION.Properties, Principal: 'sqs.amazonaws.com' } } },
    ],
  ])('with %s lets nobody in', async (_, more) => {
    const system = await aSystem(GATE, more);

    expect(await system.registers()).toBe(false);

    expect(system.log()).not.toContain('asked about 2');
    expect(system.log().join()).toContain('pre-authentication-refused');
  });

  it('with a function that is not there lets nobody in', async () => {
    const system = await aSystem({ ...GATE, ClientCertificateConfig: { ClientCertificateCallbackArn: 'arn:gone' } });

    expect(await system.registers()).toBe(false);
  });

  it('without a function asks nobody', async () => {
    const { ClientCertificateConfig: _, ...rest } = GATE;
    expect(await (await aSystem(rest)).registers()).toBe(true);
  });

  it.each<JsonObject>([{ AuthenticationType: 'CUSTOM_AUTH_X509' }, { DomainName: 'iot.example.com' }])(
    'with a property that cannot be honoured here is refused: %o',
    async (changes) => {
      await expect(aSystem({ ...GATE, ...changes })).rejects.toThrow(/cannot be honoured/);
    },
  );
});
