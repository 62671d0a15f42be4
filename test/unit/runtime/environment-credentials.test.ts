// Credentials of a function, as Lambda hands them over and renews them.

import { ACMPCAClient } from '@aws-sdk/client-acm-pca';
import { IoTClient } from '@aws-sdk/client-iot';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { defaultProvider } from '#runtime/environment-credentials.ts';

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'id');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  vi.stubEnv('AWS_SESSION_TOKEN', 'token');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

it('reads the environment each time that it is asked', async () => {
  const provide = defaultProvider();
  expect(await provide()).toEqual({ accessKeyId: 'id', secretAccessKey: 'secret', sessionToken: 'token' });
  vi.stubEnv('AWS_SESSION_TOKEN', '');
  expect(await provide()).toEqual({ accessKeyId: 'id', secretAccessKey: 'secret' });
});

it('says what is missing, and no value', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', '');
  const provide = defaultProvider();
  await expect(provide()).rejects.toThrow('lacks AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY');
  await expect(provide()).rejects.not.toThrow('token');
});

it('serves clients of both generations of the SDK as their default', async () => {
  // the option by which a client takes what a bundle has in the place of the default chain
  const options = { region: 'eu-central-1', credentialDefaultProvider: defaultProvider } as const;
  for (const client of [new IoTClient(options), new ACMPCAClient(options)]) {
    expect(await client.config.credentials()).toMatchObject({ accessKeyId: 'id', sessionToken: 'token' });
    client.destroy();
  }
});
