// AWS::ACMPCA: a root CA, the certificate that it signs for itself, and its activation. A data folder's are taken over.

import * as v from 'valibot';
import {
  CreateCertificateAuthority,
  KeyAlgorithm,
  SigningAlgorithm,
  Subject,
  Validity,
} from '#local/cloud/acm-pca/parameters.ts';
import { authorityIdOf } from '#local/cloud/acm-pca/private-ca.ts';
import type { Provider } from '#local/template/cloud.ts';
import { integer, physicalName, propertiesOf, withoutEffect } from '#local/template/resource.ts';

const { CertificateAuthorityType, RevocationConfiguration, UsageMode, KeyStorageSecurityStandard } =
  CreateCertificateAuthority.entries;

const AuthorityProperties = v.strictObject({
  Type: CertificateAuthorityType,
  KeyAlgorithm,
  SigningAlgorithm,
  Subject,
  RevocationConfiguration,
  UsageMode,
  KeyStorageSecurityStandard,
  Tags: withoutEffect,
});

export const authority: Provider = async (resource, { privateCa }) => {
  const { Type, KeyAlgorithm, SigningAlgorithm, Subject, RevocationConfiguration } = propertiesOf(
    resource,
    AuthorityProperties,
  );
  const Arn = await privateCa.ensureAuthority(
    {
      CertificateAuthorityType: Type,
      CertificateAuthorityConfiguration: { KeyAlgorithm, SigningAlgorithm, Subject },
      RevocationConfiguration,
    },
    authorityIdOf(`${resource.stack}/${resource.logicalId}`),
  );
  const CertificateSigningRequest = privateCa.csr({ CertificateAuthorityArn: Arn });
  return { ref: Arn, attributes: { Arn, CertificateSigningRequest } };
};

const CertificateProperties = v.strictObject({
  CertificateAuthorityArn: v.string(),
  CertificateSigningRequest: v.string(),
  SigningAlgorithm,
  TemplateArn: v.pipe(v.string(), v.endsWith(':template/RootCACertificate/V1', 'expected the template of a root CA')),
  Validity: v.strictObject({ Type: Validity.entries.Type, Value: integer }),
});

export const certificate: Provider = async (resource, { privateCa }) => {
  const { CertificateSigningRequest: Csr, ...rest } = propertiesOf(resource, CertificateProperties);
  const { arn: Arn, pem: Certificate } = await privateCa.ensureRootCertificate({ ...rest, Csr });
  return { ref: Arn, attributes: { Arn, Certificate } };
};

const ActivationProperties = v.strictObject({
  CertificateAuthorityArn: v.string(),
  Certificate: v.string(),
  Status: v.optional(v.literal('ACTIVE')),
});

export const activation: Provider = async (resource, { privateCa }) => {
  const { CertificateAuthorityArn, Certificate } = propertiesOf(resource, ActivationProperties);
  await privateCa.importCertificate({ CertificateAuthorityArn, Certificate });
  return { ref: CertificateAuthorityArn, attributes: { CompleteCertificateChain: Certificate } };
};

/** Lets AWS Certificate Manager renew by itself, which is not here; functions have the rights of the system. */
const PermissionProperties = v.strictObject({
  CertificateAuthorityArn: v.string(),
  Principal: v.string(),
  Actions: v.array(v.string()),
  SourceAccount: withoutEffect,
});

export const permission: Provider = (resource) => {
  propertiesOf(resource, PermissionProperties);
  return { ref: physicalName(resource, 100) };
};
