// AWS Private CA behind its JSON protocol. The SDK's client has no schemas to derive it from, so each operation stands here.

import * as v from 'valibot';
import { AwsFault, notEmulated } from '#local/http/aws-fault.ts';
import { type DoorRequest, type DoorResponse, startHttpDoor } from '../http-door.ts';
import type { HttpDoor } from '../loopback.ts';
import {
  CreateCertificateAuthority,
  GetCertificate,
  ImportCertificate,
  IssueCertificate,
  OfAuthority,
  RevokeCertificate,
} from './parameters.ts';
import type { PrivateCa } from './private-ca.ts';

const TARGET = 'ACMPrivateCA.';

const respond = (status: number, body: object): DoorResponse => ({
  status,
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  body: JSON.stringify(body),
});

type Operation = (body: string) => Promise<object>;

/** Reads the request by its schema, which names every parameter that is emulated. */
const operation =
  <Schema extends v.GenericSchema>(
    schema: Schema,
    perform: (input: v.InferOutput<Schema>) => object | Promise<object>,
  ): Operation =>
  async (body) => {
    const input = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), body);
    if (!input.success) throw new AwsFault('ValidationException', v.summarize(input.issues));
    return perform(input.output);
  };

const operationsOf = (privateCa: PrivateCa): Readonly<Record<string, Operation>> => ({
  CreateCertificateAuthority: operation(CreateCertificateAuthority, async (input) => ({
    CertificateAuthorityArn: await privateCa.createAuthority(input),
  })),
  DescribeCertificateAuthority: operation(OfAuthority, (input) => ({
    CertificateAuthority: privateCa.describe(input),
  })),
  GetCertificateAuthorityCsr: operation(OfAuthority, (input) => ({ Csr: privateCa.csr(input) })),
  GetCertificateAuthorityCertificate: operation(OfAuthority, (input) => ({
    Certificate: privateCa.authorityCertificate(input),
  })),
  ImportCertificateAuthorityCertificate: operation(ImportCertificate, async (input) => {
    await privateCa.importCertificate(input);
    return {};
  }),
  IssueCertificate: operation(IssueCertificate, async (input) => ({ CertificateArn: await privateCa.issue(input) })),
  GetCertificate: operation(GetCertificate, (input) => {
    const { pem, chain } = privateCa.certificate(input);
    return { Certificate: pem, ...(chain !== null && { CertificateChain: chain }) };
  }),
  RevokeCertificate: operation(RevokeCertificate, async (input) => {
    await privateCa.revoke(input);
    return {};
  }),
});

/** Listens on a free port of 127.0.0.1. Requests are not authenticated. */
export const startPrivateCaDoor = (privateCa: PrivateCa): Promise<HttpDoor> => {
  const operations = operationsOf(privateCa);
  return startHttpDoor(async ({ headers, body }: DoorRequest): Promise<DoorResponse> => {
    const name = String(headers['x-amz-target'] ?? '').replace(TARGET, '');
    try {
      const perform = Object.hasOwn(operations, name) ? operations[name] : undefined;
      if (perform === undefined) throw notEmulated(`operation ${name || '(none)'} of AWS Private CA`);
      return respond(200, await perform(body));
    } catch (error) {
      if (error instanceof AwsFault) return respond(error.status, { __type: error.code, message: error.message });
      throw error;
    }
  });
};
