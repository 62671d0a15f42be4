import { X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import { certificateVariables } from '#local/iot/broker/certificate-variables.ts';
import { anMqttAuthority } from '#support/mqtt-identity.ts';

const variablesOf = async (subject: string) => {
  const authority = await anMqttAuthority('C=DE,O=Acme,CN=acme CA');
  const { cert } = await authority.issue(subject);
  return { cert: new X509Certificate(cert), variables: certificateVariables(new X509Certificate(cert)) };
};

it('names subject and issuer attributes as AWS does', async () => {
  const { variables } = await variablesOf('C=DE,ST=ER,O=Acme,OU=IT,CN=device01');
  expect(variables).toMatchObject({
    'iot:Certificate.Subject.Country': 'DE',
    'iot:Certificate.Subject.State': 'ER',
    'iot:Certificate.Subject.Organization': 'Acme',
    'iot:Certificate.Subject.OrganizationalUnit': 'IT',
    'iot:Certificate.Subject.CommonName': 'device01',
    'iot:Certificate.Issuer.CommonName': 'acme CA',
  });
  expect(variables).not.toHaveProperty(['iot:Certificate.Subject.Title']);
});

it('gives the serial number in decimal', async () => {
  const { cert, variables } = await variablesOf('CN=device01');
  expect(variables['iot:Certificate.SerialNumber']).toBe(BigInt(`0x${cert.serialNumber}`).toString());
});

it('of several values the bare name is the first, .1 the second, .List all, and five at most are seen', async () => {
  const { variables } = await variablesOf('OU=a,OU=b,OU=c,OU=d,OU=e,OU=f');
  const key = 'iot:Certificate.Subject.OrganizationalUnit';
  expect([variables[key], variables[`${key}.1`], variables[`${key}.4`], variables[`${key}.5`]]).toEqual([
    'a',
    'b',
    'e',
    undefined,
  ]);
  expect(variables[`${key}.List`]).toEqual(['a', 'b', 'c', 'd', 'e']);
});
