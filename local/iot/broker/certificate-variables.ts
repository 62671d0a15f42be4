// Policy variables `iot:Certificate.*` of a client certificate (AWS IoT guide, X.509 certificate policy variables).
// Alternative names are not offered.

import type { X509Certificate } from 'node:crypto';

/** AWS names of the subject and issuer attributes, by the names that OpenSSL, and so Node, gives them. */
const ATTRIBUTES = {
  DistinguishedNameQualifier: 'dnQualifier',
  Country: 'C',
  Organization: 'O',
  OrganizationalUnit: 'OU',
  State: 'ST',
  CommonName: 'CN',
  SerialNumber: 'serialNumber',
  Title: 'title',
  Surname: 'SN',
  GivenName: 'GN',
  Initials: 'initials',
  Pseudonym: 'pseudonym',
  GenerationQualifier: 'generationQualifier',
} as const;

/** "If a certificate contains more than five values of one attribute, only the first five are used." */
const MAX_VALUES = 5;

export const certificateVariables = (certificate: X509Certificate): Record<string, string | string[]> => {
  const { subject, issuer } = certificate.toLegacyObject();
  return {
    ...nameVariables('iot:Certificate.Subject', subject),
    ...nameVariables('iot:Certificate.Issuer', issuer),
    // decimal, unlike nearly everywhere else
    'iot:Certificate.SerialNumber': decimal(certificate.serialNumber),
  };
};

/** OpenSSL writes a negative serial number, which RFC 5280 forbids and devices have, with a sign. */
const decimal = (hex: string): string =>
  hex.startsWith('-') ? `-${BigInt(`0x${hex.slice(1)}`)}` : BigInt(`0x${hex}`).toString();

/** The first value under the bare name, the following ones under `.1`, `.2` …, all under `.List`. */
const nameVariables = (prefix: string, name: object): Record<string, string | string[]> => {
  const attributes = new Map<string, unknown>(Object.entries(name));
  return Object.fromEntries(
    Object.entries(ATTRIBUTES).flatMap(([awsName, opensslName]) => {
      const values = [attributes.get(opensslName)]
        .flat()
        .filter((value) => typeof value === 'string')
        .slice(0, MAX_VALUES);
      if (values.length === 0) return [];
      const key = `${prefix}.${awsName}`;
      const single = values.map((value, index): [string, string] => [index === 0 ? key : `${key}.${index}`, value]);
      return [...single, [`${key}.List`, values]];
    }),
  );
};
