// Templates of AWS Private CA: what the stacks permit is what the function asks for (AWS Private CA guide, Templates).

/** Signs itself: the certificate of a root CA. */
export const CA_TEMPLATE = 'RootCACertificate/V1';
/** Client authentication alone, never a CA; subject and public key are those of the request. */
export const DEVICE_TEMPLATE = 'EndEntityClientAuthCertificate/V1';

export const templateArn = (partition: string, template: string): string =>
  `arn:${partition}:acm-pca:::template/${template}`;
