// What IoT Core checks of a policy document before it keeps it.

import { IotError } from '../rest-json/errors.ts';

/**
 * White space does not count (AWS General Reference, IoT Core quotas). Whether characters or bytes do is not said: bytes
 * are never fewer.
 */
const MAX_BYTES = 2048;
const VERSIONS = ['2012-10-17', '2008-10-17'];

const malformed = (message: string, cause?: unknown) =>
  Object.assign(new IotError('MalformedPolicyException', message), { cause });

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isText = (value: unknown): boolean =>
  typeof value === 'string' ||
  (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string'));

const checkStatement = (statement: unknown, index: number): void => {
  const at = `statement ${index}`;
  if (!isRecord(statement)) throw malformed(`${at} is not an object`);
  if (statement['Effect'] !== 'Allow' && statement['Effect'] !== 'Deny')
    throw malformed(`${at}: Effect must be Allow or Deny`);
  for (const [one, other] of [
    ['Action', 'NotAction'],
    ['Resource', 'NotResource'],
  ] as const)
    if (isText(statement[one]) === isText(statement[other])) throw malformed(`${at} needs ${one} or ${other}`);
  if (statement['Principal'] !== undefined) throw malformed(`${at}: an IoT policy has no Principal`);
};

const parse = (document: string): unknown => {
  try {
    return JSON.parse(document);
  } catch (cause) {
    throw malformed('the policy document is not JSON', cause);
  }
};

/** @throws MalformedPolicyException */
export const checkPolicyDocument = (document: string): void => {
  const bytes = Buffer.byteLength(document.replace(/\s/g, ''));
  if (bytes > MAX_BYTES)
    throw malformed(`a policy document has at most ${MAX_BYTES} bytes that are not white space, not ${bytes}`);
  const policy = parse(document);
  if (!isRecord(policy)) throw malformed('the policy document is not an object');
  if (!VERSIONS.includes(String(policy['Version']))) throw malformed(`Version must be one of ${VERSIONS.join(', ')}`);
  const statements = policy['Statement'];
  for (const [index, statement] of (Array.isArray(statements) ? statements : [statements]).entries())
    checkStatement(statement, index);
};
