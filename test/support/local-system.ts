// The embedded system for a test, with the management API's client and tenants that own a CA.

import { expect, vi } from 'vitest';
import { type Api, createApi } from '#cli/api-client.ts';
import type { DeviceView } from '#contracts/ops-api.ts';
import type { CertificateId } from '#domain/ids.ts';
import type { Credentials } from '#local/http/principals.ts';
import { type LocalSystem, type LocalSystemOptions, startLocalSystem } from '#local/system.ts';
import { issueDevice, makeTenantCa, type Subject, type TestCa, type TestDevice } from '#support/certificates.ts';
import { connectDevice, type DeviceOptions, type MqttDevice, refusedConnect } from '#support/mqtt-device.ts';

/** J-03: a device is in within this time after its first connect was closed. */
export const ONBOARDING_MS = 5_000;

export type TestTenant = {
  readonly name: string;
  readonly ca: TestCa;
  device(cn: string): TestDevice;
  deviceNamed(subject: Subject): TestDevice;
};

export type TestSystem = LocalSystem & {
  /** the management API as its operator */
  readonly api: LocalSystem['api'] & { readonly call: Api };
  apiAs(credentials: Credentials): Api;
  /** Creates a tenant and registers a CA of its own. */
  tenant(
    name: string,
    settings?: {
      naming?: string;
      admission?: 'auto' | 'approve';
      userMatch?: 'off' | 'required';
      topics?: readonly string[] | null;
    },
  ): Promise<TestTenant>;
  /** How to connect with a device's chain. */
  connection(device: TestDevice, clientId: string, more?: Partial<DeviceOptions>): DeviceOptions;
  /** The first connect of a device, which must be closed without CONNACK. */
  firstConnect(device: TestDevice, clientId: string, more?: Partial<DeviceOptions>): Promise<void>;
  /** Connects until the device is let in. @throws when it is not within ONBOARDING_MS */
  connect(device: TestDevice, clientId: string, more?: Partial<DeviceOptions>): Promise<MqttDevice>;
  /** What the registry says of a certificate, null when it does not know it. */
  view(certificate: CertificateId): Promise<DeviceView | null>;
  /** Details of what was announced of a certificate, by type of event. */
  announced(certificate: CertificateId): readonly string[];
};

const isNotFound = (error: unknown): boolean => error instanceof Error && 'status' in error && error.status === 404;

export const startTestSystem = async (options: LocalSystemOptions = {}): Promise<TestSystem> => {
  const system = await startLocalSystem(options);
  const apiAs = (credentials: Credentials): Api =>
    createApi(
      {
        name: 'the system under test',
        apiUrl: system.api.url,
        region: system.aws.region,
        credentials: async () => credentials,
      },
      options.clock,
    );
  const call = apiAs(system.credentials.operator);
  const connection: TestSystem['connection'] = (device, clientId, more = {}) => ({
    port: system.mqtt.port,
    ca: system.serverCaPem,
    cert: device.chainPem,
    key: device.keyPem,
    clientId,
    ...more,
  });

  return {
    ...system,
    api: { ...system.api, call },
    apiAs,
    connection,
    tenant: async (name, { naming = 'eu1', admission = 'auto', userMatch = 'off', topics = null } = {}) => {
      const ca = makeTenantCa();
      await call('createTenant', {
        body: { tenant: name, naming, admission, allowCn: null, userMatch, topics: topics && [...topics] },
      });
      await call('registerAnchor', { params: { tenant: name }, body: { certificate: ca.pem } });
      return {
        name,
        ca,
        device: (cn) => issueDevice(ca, { cn }),
        deviceNamed: (subject) => issueDevice(ca, { subject }),
      };
    },
    firstConnect: async (device, clientId, more) => {
      expect(await refusedConnect(connection(device, clientId, more))).toEqual({ connack: null });
    },
    connect: (device, clientId, more) =>
      vi.waitFor(() => connectDevice(connection(device, clientId, more)), { timeout: ONBOARDING_MS, interval: 100 }),
    view: async (certificate) => {
      try {
        return await call('showDevice', { params: { device: certificate } });
      } catch (error) {
        if (isNotFound(error)) return null;
        throw error;
      }
    },
    announced: (certificate) =>
      system
        .events()
        .filter(
          ({ detail }) =>
            typeof detail === 'object' &&
            detail !== null &&
            'certificateId' in detail &&
            detail.certificateId === certificate,
        )
        .map((event) => event['detail-type']),
  };
};
