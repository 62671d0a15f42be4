// RegisterCACertificate.

import { X509Certificate } from 'node:crypto';
import type { RegisterCACertificateRequest, RegisterCACertificateResponse } from '@aws-sdk/client-iot';
import { IotError, invalidRequest, refuseParameters } from '../../rest-json/errors.ts';
import { checkTags } from '../constraints.ts';
import type { Context, Given } from '../context.ts';
import { certificateIdOf, checkCaCertificate, checkProofOfPossession, readCertificate } from '../x509.ts';

/** CA certificates of one subject in an account and Region (AWS General Reference, IoT Core quotas). */
const MAX_SAME_SUBJECT = 10;

const checkMode = (context: Context, ca: X509Certificate, input: Given<RegisterCACertificateRequest>): void => {
  const proof = input.verificationCertificate;
  if (input.certificateMode === 'SNI_ONLY') {
    if (proof !== undefined)
      throw invalidRequest('verificationCertificate must be absent when certificateMode is SNI_ONLY');
  } else if (proof === undefined) {
    throw invalidRequest('verificationCertificate is required when certificateMode is DEFAULT');
  } else {
    checkProofOfPossession(ca, proof, context.registrationCode);
  }
};

export const registerCaCertificate = (
  context: Context,
  input: Given<RegisterCACertificateRequest>,
): RegisterCACertificateResponse => {
  refuseParameters(input, ['registrationConfig']);
  const tags = Object.fromEntries((input.tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
  checkTags(tags);
  const ca = readCertificate(input.caCertificate, 'caCertificate');
  checkCaCertificate(ca);
  checkMode(context, ca, input);
  const id = certificateIdOf(ca);
  const arn = context.arns.of('cacert', id);
  if (context.state.cas.has(id))
    throw new IotError('ResourceAlreadyExistsException', `CA certificate ${id} is already registered`, {
      resourceId: id,
      resourceArn: arn,
    });
  const sameSubject = [...context.state.cas.values()].filter(
    ({ pem }) => new X509Certificate(pem).subject === ca.subject,
  );
  if (sameSubject.length >= MAX_SAME_SUBJECT)
    throw new IotError('LimitExceededException', `at most ${MAX_SAME_SUBJECT} CA certificates may have one subject`);
  const now = context.now();
  context.state.cas.set(id, {
    id,
    pem: input.caCertificate,
    mode: input.certificateMode ?? 'DEFAULT',
    status: input.setAsActive === true ? 'ACTIVE' : 'INACTIVE',
    autoRegistration: input.allowAutoRegistration === true ? 'ENABLE' : 'DISABLE',
    tags,
    createdAt: now,
    lastModifiedAt: now,
  });
  return { certificateArn: arn, certificateId: id };
};
