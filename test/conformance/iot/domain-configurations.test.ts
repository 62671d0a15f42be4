// Domain configurations of the embedded IoT control plane, through the real SDK client.

import {
  CreateDomainConfigurationCommand,
  type CreateDomainConfigurationCommandInput,
  DeleteDomainConfigurationCommand,
  DescribeDomainConfigurationCommand,
  UpdateDomainConfigurationCommand,
} from '@aws-sdk/client-iot';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { iotBrokerGateway } from '#adapters/iot-broker-gateway.ts';
import { preAuthenticationOf } from '#local/iot/domain-configurations.ts';
import { emptyIotState } from '#local/iot/state.ts';
import { ACCOUNT, REGION, type RunningControlPlane, startControlPlane } from '#support/iot-control-plane.ts';

const NOW = Date.UTC(2026, 0, 31, 12);
const WEEK_MS = 7 * 86_400_000;
const CALLBACK = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:gate`;
const name = 'gate';
const state = emptyIotState();
let now = NOW;
let running: RunningControlPlane;

beforeAll(async () => {
  running = await startControlPlane({ state, clock: () => now, endpointAddress: 'broker.localhost' });
});
beforeEach(() => {
  state.domainConfigurations.clear();
  now = NOW;
});
afterAll(() => running.stop());

const create = (changes: Partial<CreateDomainConfigurationCommandInput> = {}) =>
  running.iot.send(
    new CreateDomainConfigurationCommand({
      domainConfigurationName: name,
      serviceType: 'DATA',
      authenticationType: 'AWS_X509',
      applicationProtocol: 'SECURE_MQTT',
      clientCertificateConfig: { clientCertificateCallbackArn: CALLBACK },
      ...changes,
    }),
  );
const describeIt = () => running.iot.send(new DescribeDomainConfigurationCommand({ domainConfigurationName: name }));
const setStatus = (domainConfigurationStatus: 'ENABLED' | 'DISABLED') =>
  running.iot.send(new UpdateDomainConfigurationCommand({ domainConfigurationName: name, domainConfigurationStatus }));
const remove = () => running.iot.send(new DeleteDomainConfigurationCommand({ domainConfigurationName: name }));
/** What a connection now asks, as calls of functions. */
const askedNow = async (): Promise<readonly unknown[]> => {
  const calls: unknown[] = [];
  await preAuthenticationOf(state, async (...call) => void calls.push(call))()?.({
    connectionMetadata: { id: '1' },
    principalId: null,
    serverName: null,
    clientCertificateChain: [],
  });
  return calls;
};

describe('a domain configuration', () => {
  it('A11: is an endpoint with a function that is asked about each connection', async () => {
    const created = await create();

    expect(created).toMatchObject({
      domainConfigurationName: name,
      domainConfigurationArn: expect.stringMatching(
        new RegExp(`^arn:aws:iot:${REGION}:${ACCOUNT}:domainconfiguration/gate/[a-z0-9]+$`),
      ),
    });
    expect(await describeIt()).toMatchObject({
      domainConfigurationName: name,
      domainConfigurationArn: created.domainConfigurationArn,
      domainName: 'broker.localhost',
      domainConfigurationStatus: 'ENABLED',
      domainType: 'AWS_MANAGED',
      serviceType: 'DATA',
      authenticationType: 'AWS_X509',
      applicationProtocol: 'SECURE_MQTT',
      clientCertificateConfig: { clientCertificateCallbackArn: CALLBACK },
      lastStatusChangeDate: new Date(NOW),
    });
    expect(await askedNow()).toEqual([
      [CALLBACK, created.domainConfigurationArn, expect.objectContaining({ clientCertificateChain: [] })],
    ]);
  });

  it('CA-11: gives the broker’s host where the gate is installed', async () => {
    await create();
    const broker = iotBrokerGateway(running.iot, name);
    expect(await broker.host()).toBe('broker.localhost');
    expect(await broker.host()).toBe('broker.localhost');
    expect(running.controlPlane.calls.get('DescribeEndpoint')).toBeUndefined();
    await expect(iotBrokerGateway(running.iot, 'gone').host()).rejects.toThrow();
  });

  it('asks nobody without a function, while it is disabled, and when its function is taken away', async () => {
    await create({ clientCertificateConfig: {} });
    expect(await askedNow()).toEqual([]);
    const setCallback = (clientCertificateCallbackArn?: string) =>
      running.iot.send(
        new UpdateDomainConfigurationCommand({
          domainConfigurationName: name,
          clientCertificateConfig: { ...(clientCertificateCallbackArn && { clientCertificateCallbackArn }) },
        }),
      );
    await setCallback(CALLBACK);
    expect(await askedNow()).toHaveLength(1);
    await setStatus('DISABLED');
    expect(await askedNow()).toEqual([]);
    await setStatus('ENABLED');
    expect(await askedNow()).toHaveLength(1);
    await setCallback();
    expect(await askedNow()).toEqual([]);
  });

  it('has a name of its own, and a new ARN when it is made anew', async () => {
    const { domainConfigurationArn: resourceArn } = await create();
    await expect(create()).rejects.toMatchObject({ name: 'ResourceAlreadyExistsException', resourceArn });
    await expect(create({ domainConfigurationName: 'no blank' })).rejects.toMatchObject({
      name: 'InvalidRequestException',
    });
  });

  it('is deleted after seven days of DISABLED, and not before', async () => {
    await create();
    await expect(remove()).rejects.toMatchObject({ name: 'InvalidRequestException' });
    await setStatus('DISABLED');
    now += WEEK_MS - 1;
    await expect(remove()).rejects.toMatchObject({ name: 'InvalidRequestException' });
    // the same status again starts no other week
    await setStatus('DISABLED');
    now += 1;
    await remove();
    await expect(describeIt()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(remove()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(setStatus('ENABLED')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it.each<Partial<CreateDomainConfigurationCommandInput>>([
    { authenticationType: 'CUSTOM_AUTH' },
    { applicationProtocol: 'HTTPS' },
    { serviceType: 'JOBS' },
    { domainName: 'iot.example.com' },
    { authorizerConfig: { defaultAuthorizerName: 'one' } },
  ])('other than for MQTT with certificates is refused, not half made: %o', async (changes) => {
    await expect(create(changes)).rejects.toMatchObject({ name: 'NotEmulatedException' });
    expect(state.domainConfigurations.size).toBe(0);
  });
});
