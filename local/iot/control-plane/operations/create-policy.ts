// CreatePolicy: of a name that exists it fails, whatever the document.

import type { CreatePolicyRequest, CreatePolicyResponse } from '@aws-sdk/client-iot';
import { IotError, refuseParameters } from '../../rest-json/errors.ts';
import type { Context, Given } from '../context.ts';
import { checkPolicyDocument } from '../policy-documents.ts';

export const createPolicy = (
  { state, arns, now }: Context,
  input: Given<CreatePolicyRequest>,
): CreatePolicyResponse => {
  refuseParameters(input, ['tags']);
  const { policyName: name, policyDocument: document } = input;
  checkPolicyDocument(document);
  const arn = arns.of('policy', name);
  if (state.policies.has(name))
    throw new IotError('ResourceAlreadyExistsException', `Policy ${name} already exists`, {
      resourceId: name,
      resourceArn: arn,
    });
  const id = '1';
  state.policies.set(name, { name, versions: [{ id, document, createdAt: now() }], defaultVersionId: id });
  return { policyName: name, policyArn: arn, policyDocument: document, policyVersionId: id };
};
