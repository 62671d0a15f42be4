// The only reader of the process environment: functions say which keys they use, once, at cold start.

import type { EnvKey } from '#names/env.ts';

/** @throws Error naming every key that is absent: the stack and the function disagree */
export const readEnv = <const Key extends EnvKey>(...keys: readonly Key[]): Readonly<Record<Key, string>> => {
  const missing = keys.filter((key) => !process.env[key]);
  if (missing.length > 0)
    throw new Error(`environment of the function lacks ${missing.join(', ')}: the onboarding stack sets it`);
  return Object.fromEntries(keys.map((key) => [key, process.env[key]])) as Record<Key, string>;
};

/** What a stack may leave out. @returns null when it does */
export const readOptionalEnv = (key: EnvKey): string | null => process.env[key] || null;

/**
 * The function's own, which Lambda sets (Lambda guide, Defined runtime environment variables).
 * @throws Error when there are none
 */
export const credentialsInEnv = () => {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN } = process.env;
  if (!accessKeyId || !secretAccessKey)
    throw new Error('environment of the function lacks AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY: Lambda sets them');
  return { accessKeyId, secretAccessKey, ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }) };
};
