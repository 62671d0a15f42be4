import { X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import { certificateVariables } from '#local/iot/broker/certificate-variables.ts';
import { issueDevice, makeTenantCa, type Subject } from '#support/certificates.ts';

const variablesOf = (subject: Subject) => {
  const cert = new X509Certificate(issueDevice(makeTenantCa(), { subject }).pem);
  return { cert, variables: certificateVariables(cert) };
};

it('names subject and issuer attributes as AWS does', () => {
  const { variables } = variablesOf([
    ['C', 'DE'],
    ['ST', 'ER'],
    ['O', 'Acme'],
    ['OU', 'IT'],
    ['CN', 'device01'],
  ]);
  expect(variables).toMatchObject({
    'iot:Certificate.Subject.Country': 'DE',
    'iot:Certificate.Subject.State': 'ER',
    'iot:Certificate.Subject.Organization': 'Acme',
    'iot:Certificate.Subject.OrganizationalUnit': 'IT',
    'iot:Certificate.Subject.CommonName': 'device01',
    'iot:Certificate.Issuer.CommonName': 'acme-ca',
  });
  expect(variables).not.toHaveProperty(['iot:Certificate.Subject.Title']);
});

it('gives the serial number in decimal', () => {
  const { cert, variables } = variablesOf([['CN', 'device01']]);
  expect(variables['iot:Certificate.SerialNumber']).toBe(BigInt(`0x${cert.serialNumber}`).toString());
});

it('of several values the bare name is the first, .1 the second, .List all, and five at most are seen', () => {
  const { variables } = variablesOf(['a', 'b', 'c', 'd', 'e', 'f'].map((value) => ['OU', value] as const));
  const key = 'iot:Certificate.Subject.OrganizationalUnit';
  expect([variables[key], variables[`${key}.1`], variables[`${key}.4`], variables[`${key}.5`]]).toEqual([
    'a',
    'b',
    'e',
    undefined,
  ]);
  expect(variables[`${key}.List`]).toEqual(['a', 'b', 'c', 'd', 'e']);
});
