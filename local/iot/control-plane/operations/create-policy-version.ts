// CreatePolicyVersion.

import type { CreatePolicyVersionRequest, CreatePolicyVersionResponse } from '@aws-sdk/client-iot';
import { IotError } from '../../rest-json/errors.ts';
import { type Context, type Given, policyOf } from '../context.ts';
import { checkPolicyDocument } from '../policy-documents.ts';

/** Versions of one policy (AWS General Reference, IoT Core quotas). */
const MAX_VERSIONS = 5;

export const createPolicyVersion = (
  context: Context,
  input: Given<CreatePolicyVersionRequest>,
): CreatePolicyVersionResponse => {
  const policy = policyOf(context, input.policyName);
  const { policyDocument: document, setAsDefault: isDefaultVersion = false } = input;
  checkPolicyDocument(document);
  if (policy.versions.length >= MAX_VERSIONS)
    throw new IotError(
      'VersionsLimitExceededException',
      `policy ${policy.name} has ${MAX_VERSIONS} versions: delete one first`,
    );
  const id = String(Math.max(...policy.versions.map((version) => Number(version.id))) + 1);
  policy.versions.push({ id, document, createdAt: context.now() });
  if (isDefaultVersion) policy.defaultVersionId = id;
  const policyArn = context.arns.of('policy', policy.name);
  return { policyArn, policyDocument: document, policyVersionId: id, isDefaultVersion };
};
