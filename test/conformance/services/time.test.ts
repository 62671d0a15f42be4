// The emulated services' answers tell the time of the system's clock.

import { DescribeCertificateCommand, IoTClient } from '@aws-sdk/client-iot';
import { expect, it, onTestFinished } from 'vitest';
import { startEmulatedServices } from '#support/emulated-services.ts';

it('answer with the date of the system, by which SDK clients know whether their own is right', async () => {
  const clock = () => Date.UTC(2030, 0, 31, 12);
  const { services, stop, client } = await startEmulatedServices({ clock });
  onTestFinished(stop);
  const iot = client(IoTClient);
  const dates: unknown[] = [];
  iot.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      dates.push((result.response as { headers: Record<string, string> }).headers['date']);
      return result;
    },
    { step: 'deserialize', priority: 'low' },
  );

  await expect(iot.send(new DescribeCertificateCommand({ certificateId: 'ab'.repeat(32) }))).rejects.toThrow();

  expect(dates).toEqual(['Thu, 31 Jan 2030 12:00:00 GMT']);
  expect((await fetch(services.endpoint)).headers.get('date')).toBe('Thu, 31 Jan 2030 12:00:00 GMT');
});
