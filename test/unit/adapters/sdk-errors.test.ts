import { IoTServiceException, LimitExceededException, ResourceNotFoundException } from '@aws-sdk/client-iot';
import { describe, expect, test } from 'vitest';
import { awsCall } from '#adapters/sdk-errors.ts';
import { TransientError } from '#domain/errors.ts';

const answer = (name: string, status: number, $fault: 'client' | 'server' = 'client') =>
  new IoTServiceException({ name, $fault, $metadata: { httpStatusCode: status } });
const lost = (code: string) => Object.assign(new Error(code), { code });

describe('awsCall', () => {
  test.each([
    ['throttling as IoT Core says it', answer('ThrottlingException', 429)],
    ['throttling as DynamoDB says it', answer('ProvisionedThroughputExceededException', 400)],
    ['throttling by its status alone', answer('UnknownError', 429)],
    ['a service that is away', answer('ServiceUnavailableException', 503, 'server')],
    ['an internal failure', answer('InternalFailureException', 500, 'server')],
    ['a server status that the SDK would not retry', answer('NotImplemented', 501, 'server')],
    ['a timeout', Object.assign(new Error('timed out'), { name: 'TimeoutError' })],
    ['a lost connection', lost('ECONNRESET')],
    ['a refused connection', lost('ECONNREFUSED')],
    ['a name that does not resolve', lost('EAI_AGAIN')],
  ])('J-12: takes %s for something that a later attempt may cure', async (_, cause) => {
    const outcome = await awsCall('iot:CreateThing', Promise.reject(cause)).catch((error: unknown) => error);
    expect(outcome).toBeInstanceOf(TransientError);
    expect(outcome).toMatchObject({ message: `iot:CreateThing failed with ${cause.name}`, cause });
  });

  const shape = { message: '', $metadata: { httpStatusCode: 400 } };
  test.each([
    ['what is not there', new ResourceNotFoundException(shape)],
    ['a quota on what exists', new LimitExceededException({ ...shape, $metadata: { httpStatusCode: 410 } })],
    ['a denied call', answer('AccessDeniedException', 403)],
    ['an invalid request', answer('InvalidRequestException', 400)],
    ['an error of our own', new TypeError('expected a string')],
  ])('throws %s as it came', async (_, cause) => {
    await expect(awsCall('iot:CreateThing', Promise.reject(cause))).rejects.toBe(cause);
  });
});
