import { expect, it } from 'vitest';
import { PermanentError, TransientError } from '#domain/errors.ts';

it('tells by its class whether a retry can help, and keeps code and cause', () => {
  const cause = new Error('below');
  expect(new PermanentError('NO_SUCH_THING', 'none', { cause })).toMatchObject({
    name: 'PermanentError',
    code: 'NO_SUCH_THING',
    message: 'none',
    cause,
  });
  expect(new TransientError('slow', { cause, code: 'QUOTA' })).toMatchObject({
    name: 'TransientError',
    code: 'QUOTA',
    message: 'slow',
    cause,
  });
});

it('J-13: a transient error without a code ends as attempts that are exhausted', () => {
  expect(new TransientError('slow').code).toBe('ATTEMPTS_EXHAUSTED');
});
