// Parameters of AWS Private CA as its API reference has them, as far as they are emulated: others are refused by name.

import * as v from 'valibot';

export const KeyAlgorithm = v.picklist(['RSA_2048', 'RSA_4096', 'EC_prime256v1', 'EC_secp384r1']);
export const SigningAlgorithm = v.picklist([
  'SHA256WITHRSA',
  'SHA384WITHRSA',
  'SHA512WITHRSA',
  'SHA256WITHECDSA',
  'SHA384WITHECDSA',
  'SHA512WITHECDSA',
]);
export type KeyAlgorithm = v.InferOutput<typeof KeyAlgorithm>;
export type SigningAlgorithm = v.InferOutput<typeof SigningAlgorithm>;

const name = v.optional(v.pipe(v.string(), v.nonEmpty(), v.maxLength(64)));
export const Subject = v.strictObject({
  Country: v.optional(v.pipe(v.string(), v.length(2))),
  State: name,
  Locality: name,
  Organization: name,
  OrganizationalUnit: name,
  CommonName: name,
});
export type Subject = v.InferOutput<typeof Subject>;

export const CrlConfiguration = v.strictObject({
  Enabled: v.boolean(),
  ExpirationInDays: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(5_000)), 7),
  S3BucketName: v.string(),
  CustomCname: v.optional(v.string()),
  // who may read the list is S3's to say, which asks nobody here
  S3ObjectAcl: v.optional(v.picklist(['PUBLIC_READ', 'BUCKET_OWNER_FULL_CONTROL'])),
  CrlDistributionPointExtensionConfiguration: v.optional(v.strictObject({ OmitExtension: v.boolean() })),
});
export type CrlConfiguration = v.InferOutput<typeof CrlConfiguration>;
const NoCrl = v.strictObject({ Enabled: v.literal(false) });

export const CreateCertificateAuthority = v.strictObject({
  CertificateAuthorityConfiguration: v.strictObject({ KeyAlgorithm, SigningAlgorithm, Subject }),
  CertificateAuthorityType: v.literal('ROOT'),
  RevocationConfiguration: v.optional(
    v.strictObject({
      CrlConfiguration: v.optional(v.union([NoCrl, CrlConfiguration])),
      OcspConfiguration: v.optional(NoCrl),
    }),
  ),
  UsageMode: v.optional(v.literal('GENERAL_PURPOSE')),
  IdempotencyToken: v.optional(v.pipe(v.string(), v.maxLength(36))),
  // keys are in this process, and in no hardware
  KeyStorageSecurityStandard: v.optional(v.string()),
  Tags: v.optional(v.unknown()),
});
export type CreateCertificateAuthority = v.InferOutput<typeof CreateCertificateAuthority>;

export const Validity = v.strictObject({
  Value: v.pipe(v.number(), v.integer(), v.minValue(1)),
  Type: v.picklist(['END_DATE', 'ABSOLUTE', 'DAYS', 'MONTHS', 'YEARS']),
});
export type Validity = v.InferOutput<typeof Validity>;

const base64 = v.pipe(
  v.string(),
  v.base64(),
  v.transform((text) => Buffer.from(text, 'base64').toString()),
);
const CertificateAuthorityArn = v.string();

export const IssueCertificate = v.strictObject({
  CertificateAuthorityArn,
  Csr: base64,
  SigningAlgorithm,
  TemplateArn: v.optional(v.string()),
  Validity,
  ValidityNotBefore: v.optional(v.strictObject({ Value: Validity.entries.Value, Type: v.literal('ABSOLUTE') })),
  IdempotencyToken: v.optional(v.pipe(v.string(), v.maxLength(36))),
});
export type IssueCertificate = v.InferOutput<typeof IssueCertificate>;

export const OfAuthority = v.strictObject({ CertificateAuthorityArn });
export const GetCertificate = v.strictObject({ CertificateAuthorityArn, CertificateArn: v.string() });
export const ImportCertificate = v.strictObject({ CertificateAuthorityArn, Certificate: base64 });
export const RevokeCertificate = v.strictObject({
  CertificateAuthorityArn,
  CertificateSerial: v.string(),
  RevocationReason: v.picklist([
    'UNSPECIFIED',
    'KEY_COMPROMISE',
    'CERTIFICATE_AUTHORITY_COMPROMISE',
    'AFFILIATION_CHANGED',
    'SUPERSEDED',
    'CESSATION_OF_OPERATION',
    'PRIVILEGE_WITHDRAWN',
    'A_A_COMPROMISE',
  ]),
});
